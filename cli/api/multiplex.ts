import type { Readable, Writable } from 'node:stream'
import { EngineError } from '../../contract/errors.ts'

/** Docker's frame: one byte for the stream, three unused, the payload's length as a big-endian 32-bit number. */
const HEADER_BYTES = 8
const STREAM_NAMES = ['stdin', 'stdout', 'stderr'] as const

export interface Frame {
  stream: 'stdout' | 'stderr'
  /** A part of a frame where that comes in pieces: nothing is held back until a frame is whole. */
  data: Buffer
}

/**
 * Takes a multiplexed stream apart. Rejects with PROTOCOL_ERROR where it is none, or where it ends within a frame.
 */
export async function* demultiplex(source: AsyncIterable<Buffer>): AsyncGenerator<Frame> {
  let pending: Buffer = Buffer.alloc(0)
  let left = 0
  let stream: Frame['stream'] = 'stdout'
  for await (const part of source) {
    pending = pending.length > 0 ? Buffer.concat([pending, part]) : part
    while (pending.length > 0) {
      if (left === 0) {
        if (pending.length < HEADER_BYTES) break
        stream = streamOf(pending)
        left = pending.readUInt32BE(4)
        pending = pending.subarray(HEADER_BYTES)
        continue
      }
      const data = pending.subarray(0, left)
      pending = pending.subarray(data.length)
      left -= data.length
      yield { stream, data }
    }
  }
  if (left > 0 || pending.length > 0) {
    throw new EngineError('PROTOCOL_ERROR', "the output was cut off: the engine went away; see 'ramet logs'")
  }
}

function streamOf(header: Buffer): Frame['stream'] {
  const name = STREAM_NAMES[header[0]!]
  if (name === undefined || header.readUIntBE(1, 3) !== 0) {
    throw new EngineError(
      'PROTOCOL_ERROR',
      `the engine sent a stream that has no frames (it begins with ${header.toString('hex')})`,
    )
  }
  // Docker itself shows what comes as standard input on standard output.
  return name === 'stderr' ? 'stderr' : 'stdout'
}

/** Copies output to where it belongs, no faster than that takes it. With a terminal the stream is raw. */
export async function copyOutput(
  source: Readable,
  to: { stdout: Writable; stderr: Writable; tty: boolean },
): Promise<void> {
  if (to.tty) {
    for await (const data of source) await write(to.stdout, data as Buffer)
    return
  }
  for await (const { stream, data } of demultiplex(source)) await write(to[stream], data)
}

function write(target: Writable, data: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    if (target.write(data, (error) => error && reject(error))) resolve()
    else target.once('drain', resolve)
  })
}
