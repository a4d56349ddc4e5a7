import type { IncomingMessage } from 'node:http'
import type { WaitCondition, WaitResponse } from '../../contract/docker.ts'
import { EngineError } from '../../contract/errors.ts'
import type { EngineClient } from '../api/client.ts'
import { parseDetachKeys } from '../../contract/streams/detach-keys.ts'
import { joinStreams } from '../api/hijack.ts'
import { jsonLines } from '../api/progress.ts'
import { interrupt, ownSignals } from '../interrupt.ts'
import { complain } from './common.ts'

const PROXIED = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const
/** Whoever asks this often to end wants the command gone, whatever the container makes of the signal. */
const IMPATIENT = 3

export interface AttachedOptions {
  tty: boolean
  stdin: boolean
  detachKeys?: string
  /** `removed` where the container goes with its end, so that it is gone when the command returns. */
  condition: WaitCondition
  /** Starts it once the streams stand; absent where it runs already. */
  start?(): Promise<void>
}

/** Attaches to a container, starts it, and answers its exit code; 0 where the user detached. */
export async function runAttached(
  client: EngineClient,
  id: string,
  options: AttachedOptions,
): Promise<number> {
  if (options.stdin && options.tty && options.start && !process.stdin.isTTY) {
    throw new EngineError('INVALID_ARGUMENT', 'standard input is not a terminal; leave out -t, or -i')
  }
  if (options.detachKeys !== undefined) parseDetachKeys(options.detachKeys)
  const query = { stream: true, stdin: options.stdin, stdout: true, stderr: true }
  const socket = await client.hijack(`/containers/${id}/attach`, { query })
  const stop = new AbortController()
  const signals = proxySignals(
    (signal) => client.call('POST', `/containers/${id}/kill`, { query: { signal } }),
    // Its first output may come before the engine has told that it runs.
    () => !options.start || socket.readableLength > 0,
  )
  try {
    // The engine answers with the headers at once: from then on no exit is missed.
    const waiting = await client.stream('POST', `/containers/${id}/wait`, {
      query: { condition: options.condition },
      signal: stop.signal,
    })
    await options.start?.()
    signals.ready()
    const { tty, stdin, detachKeys } = options
    const resize = async ({ rows, cols }: { rows: number; cols: number }): Promise<void> => {
      await client.call('POST', `/containers/${id}/resize`, { query: { h: rows, w: cols } })
    }
    const how = await joinStreams({ socket, tty, stdin, detachKeys, resize })
    return how === 'detached' ? 0 : await exitCode(waiting)
  } finally {
    signals.stop()
    stop.abort()
    socket.destroy()
  }
}

/** Of the answer to a wait. Rejects where the engine went before the end was known. */
export async function exitCode(waiting: IncomingMessage): Promise<number> {
  try {
    for await (const { StatusCode, Error: failure } of jsonLines<WaitResponse>(waiting)) {
      if (StatusCode < 0) break
      // The VM did not end by itself: the code alone would not tell.
      if (failure) complain(new Error(failure.Message))
      return StatusCode
    }
  } catch {
    // Told below: the engine went before the container's end was known.
  }
  throw new EngineError('INTERNAL', "the engine went away; the container runs on: see 'ramet ps'")
}

/**
 * Sends the signals that this command gets on to the container, once it is told to be ready. One that has `begun` by then
 * gets them later; before that they end the command.
 */
function proxySignals(
  send: (signal: string) => Promise<unknown>,
  begun: () => boolean,
): { ready(): void; stop(): void } {
  const release = ownSignals()
  const running = Promise.withResolvers<undefined>()
  let isReady = false
  let asked = 0
  const listener = (signal: NodeJS.Signals, number: number): void => {
    if (!isReady && !begun()) return interrupt(signal)
    if (++asked >= IMPATIENT) process.exit(128 + number)
    void running.promise
      .then(() => send(signal))
      .catch(() => {
        // It ended by itself in the meantime.
      })
  }
  for (const signal of PROXIED) process.on(signal, listener)
  return {
    ready: () => {
      isReady = true
      running.resolve(undefined)
    },
    stop: () => {
      release()
      for (const signal of PROXIED) process.off(signal, listener)
    },
  }
}
