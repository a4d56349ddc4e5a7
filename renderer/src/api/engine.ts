import type { EngineMethod, EngineRequest, StreamRequest } from '../../../contract/ipc.ts'
import { bridgeTransport } from './bridge-transport.ts'
import { openConsoleTransport } from './console-transport.ts'
import { jsonLines } from './lines.ts'
import type { EngineStream, Transport } from './transport.ts'

export type Query = Record<string, string | number | boolean | undefined>

let transport: Transport | undefined

/** Is called once, before anything is asked. */
export async function connect(): Promise<void> {
  transport = window.ramet ? bridgeTransport(window.ramet) : await openConsoleTransport()
}

/** For tests, and for nothing else. */
export function useTransport(other: Transport): void {
  transport = other
}

const way = (): Transport => transport!

/** `path` with what must be said behind it; undefined and false are left out. */
export function withQuery(path: string, query: Query = {}): string {
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== false) parameters.append(name, value === true ? '1' : String(value))
  }
  const text = parameters.toString()
  return text ? `${path}?${text}` : path
}

/** The answer's JSON; undefined where it has no body. */
export async function call<T>(
  method: EngineMethod,
  path: string,
  options: { query?: Query; body?: unknown } = {},
): Promise<T> {
  const answer = await way().request({ method, path: withQuery(path, options.query), body: options.body })
  return (answer.text.trim() ? JSON.parse(answer.text) : undefined) as T
}

export const get = <T>(path: string, query?: Query): Promise<T> => call<T>('GET', path, { query })

/** A long answer, or a session. Rejects where the engine refuses. */
export async function open(wanted: StreamRequest, signal?: AbortSignal): Promise<EngineStream> {
  const stream = await way().open(wanted)
  signal?.addEventListener('abort', () => stream.close(), { once: true })
  if (signal?.aborted) stream.close()
  await stream.head()
  return stream
}

/** Progress as it is told; ends with the work. */
export async function* progress<T>(wanted: EngineRequest, signal?: AbortSignal): AsyncGenerator<T[]> {
  const stream = await open(wanted, signal)
  try {
    yield* jsonLines<T>(stream)
  } finally {
    stream.close()
  }
}

/** Sends `content` as the body; answers the stream of what comes back. */
export async function upload(
  wanted: EngineRequest,
  content: Blob,
  options: { signal?: AbortSignal; onSent?(bytes: number): void } = {},
): Promise<EngineStream> {
  const stream = await way().open({ ...wanted, upload: true })
  options.signal?.addEventListener('abort', () => stream.close(), { once: true })
  let sent = 0
  const reader = content.stream().getReader()
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    for (let at = 0; at < part.value.length; at += PIECE) {
      await stream.write(part.value.subarray(at, at + PIECE))
    }
    options.onSent?.((sent += part.value.length))
  }
  await stream.end()
  await stream.head()
  return stream
}

const PIECE = 256 * 1024

/** All of a long answer in memory: for what is known to be small. Gives up behind `limit` bytes. */
export async function bytes(
  path: string,
  limit: number,
  signal?: AbortSignal,
): Promise<Uint8Array[] | undefined> {
  const stream = await open({ method: 'GET', path }, signal)
  const parts: Uint8Array[] = []
  let length = 0
  for (let part = await stream.read(); part !== null; part = await stream.read()) {
    length += part.length
    if (length > limit) {
      stream.close()
      return undefined
    }
    parts.push(part)
  }
  return parts
}

export const save = (path: string, name: string): Promise<boolean> =>
  way().save({ method: 'GET', path }, name)

export const startEngine = (): Promise<void> => way().startEngine()
