import { once } from 'node:events'
import type { Writable } from 'node:stream'
import type { FastifyRequest } from 'fastify'
import { isOlder, versionOf } from '../version.ts'

const STREAM_TYPES = { stdin: 0, stdout: 1, stderr: 2, error: 3 }

export type StreamName = keyof typeof STREAM_TYPES

/** The type of a body of output. Clients before 1.42 know but one name for both. */
export function outputType(request: FastifyRequest, tty: boolean): string {
  const version = versionOf(request.originalUrl)
  const isOld = version !== undefined && isOlder(version, '1.42')
  return `application/vnd.docker.${tty || isOld ? 'raw' : 'multiplexed'}-stream`
}

/** Docker's frame: stream type, three zero bytes, big-endian length of what follows. */
export function frameHeader(stream: StreamName, length: number): Buffer {
  const header = Buffer.alloc(8)
  header[0] = STREAM_TYPES[stream]
  header.writeUInt32BE(length, 4)
  return header
}

/** Writes output, framed unless `tty`. Resolves once the client keeps up; rejects when `signal` aborts meanwhile. */
export async function sendOutput(
  sink: Writable,
  { stream, data }: { stream: StreamName; data: Buffer },
  { tty, signal }: { tty: boolean; signal: AbortSignal },
): Promise<void> {
  if (data.length === 0) return
  signal.throwIfAborted()
  sink.cork()
  if (!tty) sink.write(frameHeader(stream, data.length))
  const keepsUp = sink.write(data)
  sink.uncork()
  if (!keepsUp && sink.writableNeedDrain) await once(sink, 'drain', { signal })
}

/** Says a failure where the answer has begun: as a frame of its own kind, or as a line on the terminal. */
export function sendFailure(sink: Writable, message: string, { tty }: { tty: boolean }): void {
  const data = Buffer.from(tty ? `${message}\r\n` : message)
  if (!tty) sink.write(frameHeader('error', data.length))
  sink.write(data)
}
