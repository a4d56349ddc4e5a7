import type { FileHandle } from 'node:fs/promises'
import { LOG_HEADER_BYTES, LOG_PAYLOAD_MAX } from '../../contract/guest-protocol/log-record.ts'

/** So many bytes of records hold at least a part of a record's head, which is not zero. */
const WINDOW = LOG_HEADER_BYTES + LOG_PAYLOAD_MAX

/**
 * Where a log begins: what was cut off in front of it reads as zeros. It is looked for rather than written down, so
 * that no other file has to agree with this one whenever an engine dies.
 */
export async function logStart(file: FileHandle): Promise<number> {
  const { size } = await file.stat()
  let zero = 0
  let records = Math.max(0, size - WINDOW)
  if ((await firstByte(file, 0)) === 0) return 0
  // The head of the file is zeros; what follows is records up to its end.
  while (records - zero > WINDOW) {
    const middle = Math.floor((zero + records) / 2)
    if ((await firstByte(file, middle)) === undefined) zero = middle
    else records = middle
  }
  for (let at = zero; at < size; at += WINDOW) {
    const found = await firstByte(file, at)
    if (found !== undefined) return at + found
  }
  return size
}

/** Where in the window at `position` something else than zero stands. */
async function firstByte(file: FileHandle, position: number): Promise<number | undefined> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(WINDOW), 0, WINDOW, position)
  const at = buffer.subarray(0, bytesRead).findIndex((byte) => byte !== 0)
  return at < 0 ? undefined : at
}
