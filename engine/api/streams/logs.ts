import type { Writable } from 'node:stream'
import type { OutputChunk } from '../backend.ts'
import { describe } from '../errors.ts'
import { formatTime } from '../time.ts'
import { sendFailure, sendOutput } from './multiplex.ts'

const NEWLINE = 10

/** Writes a log to its end, in frames unless `tty`, each line behind its time where asked for. Never rejects. */
export async function sendLogs(
  sink: Writable,
  output: AsyncIterable<OutputChunk>,
  { tty, timestamps, signal }: { tty: boolean; timestamps: boolean; signal: AbortSignal },
): Promise<void> {
  const stamp = timestamps ? lineStamper() : (chunk: OutputChunk) => chunk.data
  try {
    for await (const chunk of output) {
      await sendOutput(sink, { stream: chunk.stream, data: stamp(chunk) }, { tty, signal })
    }
  } catch (error) {
    if (!signal.aborted) sendFailure(sink, describe(error).message, { tty })
  }
  sink.end()
}

/** Chunks end anywhere: a line gets the time of the chunk that it begins in. */
function lineStamper(): (chunk: OutputChunk) => Buffer {
  const amidLine = new Set<string>()
  return ({ stream, timeNs, data }) => {
    const time = Buffer.from(`${formatTime(timeNs)} `)
    const parts: Buffer[] = []
    for (let at = 0; at < data.length;) {
      const newline = data.indexOf(NEWLINE, at)
      const end = newline < 0 ? data.length : newline + 1
      if (!amidLine.has(stream)) parts.push(time)
      parts.push(data.subarray(at, end))
      if (newline < 0) amidLine.add(stream)
      else amidLine.delete(stream)
      at = end
    }
    return Buffer.concat(parts)
  }
}
