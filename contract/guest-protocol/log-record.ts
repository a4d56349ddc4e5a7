import type { Crc32 } from './frame.ts'

/** Records of the log port, which QEMU appends to a file, as docs/guest-protocol.md has them. */

export const LOG_MAGIC = Buffer.from('RLOG')
export const LOG_HEADER_BYTES = 24
export const LOG_PAYLOAD_MAX = 16_384

export const LogType = { stdout: 1, stderr: 2, start: 3, exit: 4 } as const

export interface LogRecord {
  type: number
  /** Unix nanoseconds, taken in the guest. */
  timeNs: bigint
  payload: Buffer
}

export function encodeLogRecord({ type, timeNs, payload }: LogRecord, crc32: Crc32): Buffer {
  const header = Buffer.alloc(LOG_HEADER_BYTES)
  LOG_MAGIC.copy(header)
  header[4] = type
  header.writeUInt32LE(payload.length, 8)
  header.writeBigUInt64LE(timeNs, 12)
  header.writeUInt32LE(crc32(payload, crc32(header.subarray(0, 20))), 20)
  return Buffer.concat([header, payload])
}

/**
 * The record at `at`: 'more' where `data` ends inside it, undefined where none begins there. `bytes` is its whole length.
 */
export function decodeLogRecord(
  data: Buffer,
  at: number,
  crc32: Crc32,
): (LogRecord & { bytes: number }) | 'more' | undefined {
  const left = data.length - at
  const magic = Math.min(4, left)
  if (LOG_MAGIC.compare(data, at, at + magic, 0, magic) !== 0) return undefined
  if (left < LOG_HEADER_BYTES) return 'more'
  const length = data.readUInt32LE(at + 8)
  if (length > LOG_PAYLOAD_MAX) return undefined
  const bytes = LOG_HEADER_BYTES + length
  if (left < bytes) return 'more'
  const payload = data.subarray(at + LOG_HEADER_BYTES, at + bytes)
  if (crc32(payload, crc32(data.subarray(at, at + 20))) !== data.readUInt32LE(at + 20)) return undefined
  return { type: data[at + 4]!, timeNs: data.readBigUInt64LE(at + 12), payload, bytes }
}
