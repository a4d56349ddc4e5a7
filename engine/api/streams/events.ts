import type { Writable } from 'node:stream'

/** Bytes that may wait for a client; one that is further behind is cut off, for its picture would be wrong anyway. */
const MOST_WAITING = 1024 * 1024

interface EventSource<T> {
  past(): T[]
  subscribe(listener: (event: T) => void): () => void
}

interface EventOptions<T> {
  /** What of the past is sent first; nothing where it is not given. */
  remembered?(event: T): boolean
  passes(event: T): boolean
  encode(event: T): string
  signal: AbortSignal
}

/** Writes what was asked for of the past, then events as they happen, until `signal` aborts. */
export function sendEvents<T>(
  sink: Writable,
  source: EventSource<T>,
  options: EventOptions<T>,
): Promise<void> {
  const { remembered, passes, encode, signal } = options
  return new Promise((resolve) => {
    // In one go with the subscription: nothing is missed between, or told twice.
    for (const event of remembered ? source.past() : []) {
      if (remembered?.(event) && passes(event)) sink.write(encode(event))
    }
    const unsubscribe = source.subscribe((event) => {
      if (signal.aborted || !passes(event)) return
      if (sink.writableLength > MOST_WAITING) sink.destroy()
      else sink.write(encode(event))
    })
    const end = (): void => {
      unsubscribe()
      sink.end()
      resolve()
    }
    if (signal.aborted) end()
    else signal.addEventListener('abort', end, { once: true })
  })
}
