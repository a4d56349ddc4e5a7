import { readFile } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import { expect, test } from 'vitest'
import { readFields } from '../../contract/guest-protocol/fields.ts'
import { FrameReader } from '../../contract/guest-protocol/frame.ts'
import { decodeLogRecord } from '../../contract/guest-protocol/log-record.ts'
import { FRAMES, MESSAGES, RECORDS, vectors, VECTORS_FILE } from './vectors.ts'

const lines = (await readFile(VECTORS_FILE, 'utf8')).trim().split('\n')
const bytesOf = (kind: string) =>
  lines
    .filter((line) => line.startsWith(`${kind} `))
    .map((line) => Buffer.from(line.split(' ').at(-1)!, 'hex'))

test('what is written equals the vectors, byte for byte', () => {
  expect(`${lines.join('\n')}\n`).toBe(vectors())
})

test('frames are read as they were written, a byte at a time too', () => {
  for (const [index, bytes] of bytesOf('frame').entries()) {
    const reader = new FrameReader(crc32)
    const frames = [...bytes].flatMap((byte) => [...reader.push(Buffer.from([byte]))])
    expect(Buffer.concat(frames.map(({ payload }) => payload))).toEqual(FRAMES[index]!.payload)
    expect(new Set(frames.map(({ type, channel }) => `${type}/${channel}`))).toEqual(
      new Set([`${FRAMES[index]!.type}/${FRAMES[index]!.channel}`]),
    )
    expect(reader.skipped).toBe(0)
  }
})

test('log records are read as they were written', () => {
  for (const [index, bytes] of bytesOf('log').entries()) {
    expect(decodeLogRecord(bytes, 0, crc32)).toEqual({ ...RECORDS[index], bytes: bytes.length })
    expect(decodeLogRecord(bytes.subarray(0, -1), 0, crc32)).toBe('more')
  }
})

test('a message that is cut short anywhere inside a field is refused', () => {
  const { start } = MESSAGES
  const boundaries = new Set<number>([0])
  for (let at = 0; at < start.length;) boundaries.add((at += 6 + start.readUInt32LE(at + 2)))
  for (let length = 0; length < start.length; length++) {
    const read = () => readFields(start.subarray(0, length))
    if (boundaries.has(length)) expect(read).not.toThrow()
    else expect(read).toThrow(RangeError)
  }
})

test('bytes that are no frame are passed over, and counted', () => {
  const [ok, stdin] = bytesOf('frame')
  const broken = Buffer.from(stdin!)
  broken[20]! ^= 1
  const reader = new FrameReader(crc32)
  const frames = [...reader.push(Buffer.concat([Buffer.alloc(100), broken, ok!]))]
  expect(frames.map(({ type }) => type)).toEqual([FRAMES[0]!.type])
  expect(reader.skipped).toBe(100 + broken.length)
})

test('a reader never holds more than one frame, whatever it is sent', () => {
  const reader = new FrameReader(crc32)
  let found = 0
  for (let at = 0; at < 200; at++) {
    // Marked as frames, never valid ones.
    const noise = Buffer.alloc(8192, 0xa5)
    found += [...reader.push(noise)].length
  }
  expect(found).toBe(0)
  expect(reader.skipped).toBeGreaterThan(200 * 8192 - 16_400)
})
