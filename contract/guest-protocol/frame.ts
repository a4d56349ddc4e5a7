/** Frames of the agent link, as docs/guest-protocol.md has them. Numbers are little-endian. */

export const PROTOCOL_VERSION = 1
export const MARKER = 0xa5
export const HEADER_BYTES = 16
export const PAYLOAD_MAX = 16_384
export const MESSAGE_MAX = 1 << 20
/** Bytes of one stream that may be under way before the other end has granted more. */
export const WINDOW_INITIAL = 65_536
/** The channel of the container's first process. */
export const FIRST_CHANNEL = 1
/** Channels from here on are connections, which the guest numbers. */
export const CONNECTIONS = 0x8000_0000

export const FrameType = {
  hello: 1,
  identify: 2,
  start: 3,
  exec: 4,
  signal: 5,
  resize: 6,
  stdin: 7,
  stdinEnd: 8,
  window: 9,
  mount: 10,
  tool: 11,
  finish: 12,
  hangUp: 13,
  accept: 14,
  interface: 16,
  interfaceGone: 17,
  names: 18,
  hold: 19,
  release: 20,
  wake: 21,
  limit: 22,
  rehearse: 23,
  prepare: 24,
  letGo: 25,
  clock: 26,
  helloReply: 65,
  ok: 66,
  error: 67,
  stdout: 68,
  stderr: 69,
  streamEnd: 70,
  exit: 71,
  connection: 72,
  hungUp: 73,
} as const

const FLAG_MORE = 1

export interface Frame {
  type: number
  channel: number
  payload: Buffer
}

/** CRC-32 (IEEE 802.3) of `data`, going on from `crc`. Given by the caller: this module imports nothing. */
export type Crc32 = (data: Uint8Array, crc?: number) => number

/** One message as one or more frames. Throws RangeError past MESSAGE_MAX. */
export function encodeMessage({ type, channel, payload }: Frame, crc32: Crc32): Buffer {
  if (payload.length > MESSAGE_MAX) {
    throw new RangeError(
      `a message of ${payload.length} bytes is too long; at most ${MESSAGE_MAX} are possible`,
    )
  }
  const parts: Buffer[] = []
  for (let at = 0; at === 0 || at < payload.length; at += PAYLOAD_MAX) {
    const part = payload.subarray(at, at + PAYLOAD_MAX)
    const more = at + PAYLOAD_MAX < payload.length
    const header = Buffer.alloc(HEADER_BYTES)
    header[0] = MARKER
    header[1] = type
    header[2] = more ? FLAG_MORE : 0
    header.writeUInt32LE(channel, 4)
    header.writeUInt32LE(part.length, 8)
    header.writeUInt32LE(crc32(part, crc32(header.subarray(0, 12))), 12)
    parts.push(header, part)
  }
  return Buffer.concat(parts)
}

/**
 * Finds frames in a byte stream of an untrusted sender. Holds at most one frame; what is no frame is passed over and
 * counted in `skipped`.
 */
export class FrameReader {
  readonly #crc32: Crc32
  #held: Buffer = Buffer.alloc(0)
  skipped = 0

  constructor(crc32: Crc32) {
    this.#crc32 = crc32
  }

  /** The frames that `chunk` completes. */
  *push(chunk: Buffer): Generator<Frame> {
    let data = this.#held.length > 0 ? Buffer.concat([this.#held, chunk]) : chunk
    for (;;) {
      const start = data.indexOf(MARKER)
      this.skipped += start < 0 ? data.length : start
      data = start < 0 ? Buffer.alloc(0) : data.subarray(start)
      if (data.length < HEADER_BYTES) break
      const length = data.readUInt32LE(8)
      const plausible = data[3] === 0 && length <= PAYLOAD_MAX
      if (plausible && data.length < HEADER_BYTES + length) break
      const payload = data.subarray(HEADER_BYTES, HEADER_BYTES + length)
      if (!plausible || this.#crc32(payload, this.#crc32(data.subarray(0, 12))) !== data.readUInt32LE(12)) {
        this.skipped++
        data = data.subarray(1)
        continue
      }
      yield { type: data[1]!, channel: data.readUInt32LE(4), payload }
      data = data.subarray(HEADER_BYTES + length)
    }
    // A copy: the sender's chunk may be large, what is held of it small.
    this.#held = Buffer.from(data)
  }
}
