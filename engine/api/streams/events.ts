import type { Writable } from 'node:stream'
import type { EventMessage, Filters } from '../../../contract/docker.ts'
import { EngineError } from '../../../contract/errors.ts'

/** Bytes that may wait for a client; one that is further behind is cut off, for its picture would be wrong anyway. */
const MOST_WAITING = 1024 * 1024

interface EventSource {
  subscribe(listener: (event: EventMessage) => void): () => void
}

/** Writes events as they happen, one JSON line each, until `signal` aborts. */
export function sendEvents(
  sink: Writable,
  source: EventSource,
  { passes, signal }: { passes(event: EventMessage): boolean; signal: AbortSignal },
): Promise<void> {
  return new Promise((resolve) => {
    const unsubscribe = source.subscribe((event) => {
      if (signal.aborted || !passes(event)) return
      if (sink.writableLength > MOST_WAITING) sink.destroy()
      else sink.write(`${JSON.stringify(event)}\n`)
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

type Test = (event: EventMessage, value: string) => boolean

const named =
  (type: EventMessage['Type'], key: string): Test =>
  ({ Type, Actor }, value) =>
    Type === type && (Actor.ID === value || Actor.ID.startsWith(value) || Actor.Attributes[key] === value)

const TESTS: Record<string, Test> = {
  type: ({ Type }, value) => Type === value,
  // An exec's events carry its command behind a colon.
  event: ({ Action }, value) => Action === value || Action.split(':')[0] === value,
  container: named('container', 'name'),
  image: ({ Type, Actor }, value) =>
    (Type === 'image' ? [Actor.ID, Actor.Attributes['name']] : [Actor.Attributes['image']]).includes(value),
  network: named('network', 'name'),
  volume: named('volume', 'name'),
  daemon: named('daemon', 'name'),
  scope: ({ scope }, value) => scope === value,
  label: ({ Actor }, value) => {
    const at = value.indexOf('=')
    if (at < 0) return Object.hasOwn(Actor.Attributes, value)
    return Actor.Attributes[value.slice(0, at)] === value.slice(at + 1)
  },
}

/** Whether an event passes: every filter, by any of its values; of labels, all. Rejects an unknown filter. */
export function eventFilter(filters: Filters): (event: EventMessage) => boolean {
  const wanted = Object.entries(filters).map(([name, values]) => {
    const test = Object.hasOwn(TESTS, name) ? TESTS[name] : undefined
    if (test) return { test, values, all: name === 'label' }
    throw new EngineError(
      'INVALID_ARGUMENT',
      `invalid filter '${name}'; known are ${Object.keys(TESTS).join(', ')}`,
    )
  })
  return (event) =>
    wanted.every(({ test, values, all }) =>
      all ? values.every((value) => test(event, value)) : values.some((value) => test(event, value)),
    )
}
