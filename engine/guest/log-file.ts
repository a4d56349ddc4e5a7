import { open, truncate, type FileHandle } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import {
  decodeLogRecord,
  LOG_HEADER_BYTES,
  LOG_MAGIC,
  LOG_PAYLOAD_MAX,
  LogType,
  type LogRecord,
} from '../../contract/guest-protocol/log-record.ts'
import { logStart } from './log-start.ts'

const READ_BYTES = 256 * 1024
const RECORD_MAX = LOG_HEADER_BYTES + LOG_PAYLOAD_MAX

/** Opens a log; undefined where there is none yet. */
export async function openLog(path: string): Promise<FileHandle | undefined> {
  return open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
}

/** Reads records as they are appended. Bytes that are no record (a run that was cut off) are passed over. */
export class RecordReader {
  readonly #file: FileHandle
  #position: number
  #data: Buffer = Buffer.alloc(0)
  /** What was to be read had been cut off from the log's front. */
  overtaken = false

  /** `position` may lie inside a record: reading begins with the next. */
  constructor(file: FileHandle, position = 0) {
    this.#file = file
    this.#position = position
  }

  /** Where the next record begins. */
  get position(): number {
    return this.#position - this.#data.length
  }

  /** The records up to what is now the file's end. */
  async *available(): AsyncGenerator<LogRecord> {
    for (;;) {
      const buffer = Buffer.alloc(READ_BYTES)
      const { bytesRead } = await this.#file.read(buffer, 0, READ_BYTES, this.#position)
      if (bytesRead === 0) return
      if (buffer[0] === 0 && (await this.#skipHole())) continue
      this.#position += bytesRead
      this.#data = Buffer.concat([this.#data, buffer.subarray(0, bytesRead)])
      yield* this.#decode()
    }
  }

  /** A payload may begin with a zero as well. */
  async #skipHole(): Promise<boolean> {
    const start = await logStart(this.#file)
    if (start <= this.#position) return false
    this.overtaken = true
    this.#position = start
    this.#data = Buffer.alloc(0)
    return true
  }

  *#decode(): Generator<LogRecord> {
    let at = 0
    while (at < this.#data.length) {
      const record = decodeLogRecord(this.#data, at, crc32)
      if (record === 'more') break
      if (record) {
        yield record
        at += record.bytes
      } else {
        at = nextMagic(this.#data, at + 1)
      }
    }
    this.#data = this.#data.subarray(at)
  }
}

/** Where the next record may begin; a part of the magic at the very end counts. */
function nextMagic(data: Buffer, from: number): number {
  const at = data.indexOf(LOG_MAGIC, from)
  return at >= 0 ? at : Math.max(from, data.length - LOG_MAGIC.length + 1)
}

/** Where the first whole record from `offset` on begins; undefined where there is none near. */
export async function recordAfter(file: FileHandle, offset: number): Promise<number | undefined> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(2 * RECORD_MAX), 0, 2 * RECORD_MAX, offset)
  const data = buffer.subarray(0, bytesRead)
  for (let at = nextMagic(data, 0); at < data.length; at = nextMagic(data, at + 1)) {
    const record = decodeLogRecord(data, at, crc32)
    if (record && record !== 'more') return offset + at
  }
  return undefined
}

/** What a log has of output before `end`, as records; of more than `most` bytes the first. */
export async function outputBefore(path: string, end: number, most: number): Promise<Buffer> {
  await using file = await openLog(path)
  if (!file) return Buffer.alloc(0)
  const start = await logStart(file)
  const length = Math.min(most, Math.max(0, end - start))
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, start)
  const data = buffer.subarray(0, bytesRead)
  const kept: Buffer[] = []
  for (let at = nextMagic(data, 0); at < data.length;) {
    const record = decodeLogRecord(data, at, crc32)
    if (record === 'more') break
    if (record?.type === LogType.stdout || record?.type === LogType.stderr)
      kept.push(data.subarray(at, at + record.bytes))
    at = record ? at + record.bytes : nextMagic(data, at + 1)
  }
  return Buffer.concat(kept)
}

export interface RunExit {
  code: number
  oomKilled: boolean
  /** Unix nanoseconds. */
  timeNs: bigint
}

/** How the run of that number ended; undefined where the log does not say. */
export async function lastExit(path: string, run: number): Promise<RunExit | undefined> {
  await using file = await openLog(path)
  if (!file) return undefined
  const { size } = await file.stat()
  // It is the last record of its run; only where another run followed it lies further back.
  return (await findExit(file, Math.max(0, size - 4 * RECORD_MAX), run)) ?? (await findExit(file, 0, run))
}

async function findExit(file: FileHandle, from: number, run: number): Promise<RunExit | undefined> {
  for await (const { type, timeNs, payload } of new RecordReader(file, from).available()) {
    if (type !== LogType.exit || payload.length < 12 || payload.readUInt32LE(0) !== run) continue
    return { code: payload.readUInt32LE(4) & 0xff, oomKilled: payload.readUInt32LE(8) === 1, timeNs }
  }
  return undefined
}

/** Cuts off the record that a VM that was killed left half written, so that the next one is not taken for its rest. */
export async function repairLog(path: string): Promise<void> {
  await using file = await openLog(path)
  if (!file) return
  const { size } = await file.stat()
  const start = Math.max(0, size - RECORD_MAX)
  const { buffer, bytesRead } = await file.read(Buffer.alloc(RECORD_MAX), 0, RECORD_MAX, start)
  const data = buffer.subarray(0, bytesRead)
  for (let at = nextMagic(data, 0); at < data.length; at = nextMagic(data, at + 1)) {
    const record = decodeLogRecord(data, at, crc32)
    if (record === 'more') return truncate(path, start + at)
    if (record) at += record.bytes - 1
  }
}
