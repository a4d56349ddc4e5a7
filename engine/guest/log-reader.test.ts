import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { encodeLogRecord, LogType } from '../../contract/guest-protocol/log-record.ts'
import { lastExit, readLog, repairLog, type LogChunk, type ReadLogOptions } from './log-reader.ts'

let folder: string
let path: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ramet-log-'))
  path = join(folder, 'output.log')
})
afterEach(() => rm(folder, { recursive: true }))

const u32 = (...values: number[]) => Buffer.from(new Uint32Array(values).buffer)
const record = (type: number, payload: Buffer, timeNs = 1n) =>
  encodeLogRecord({ type, timeNs, payload }, crc32)
const out = (text: string, timeNs?: bigint) => record(LogType.stdout, Buffer.from(text), timeNs)
const err = (text: string) => record(LogType.stderr, Buffer.from(text))
const start = (run: number) => record(LogType.start, u32(run))
const exit = (run: number, code: number) => record(LogType.exit, u32(run, code, 0), 9n)

const write = (...records: Buffer[]) => writeFile(path, Buffer.concat(records))

function read(options: Partial<ReadLogOptions> = {}): AsyncGenerator<LogChunk> {
  const signal = new AbortController().signal
  return readLog(path, { follow: false, stdout: true, stderr: true, signal, ...options })
}

async function text(chunks: AsyncGenerator<LogChunk>): Promise<string> {
  let all = ''
  for await (const { data } of chunks) all += data.toString()
  return all
}

test('gives both streams in order, or one', async () => {
  await write(start(1), out('a\n'), err('b\n'), out('c\n'))
  expect(await text(read())).toBe('a\nb\nc\n')
  expect(await text(read({ stderr: false }))).toBe('a\nc\n')
  expect(await text(read({ stdout: false }))).toBe('b\n')
})

test('a log that is not there is empty', async () => {
  expect(await text(read())).toBe('')
  expect(await lastExit(path, 1)).toBeUndefined()
  await repairLog(path)
})

test('gives the last lines, counted over pieces that hold many or none', async () => {
  await write(start(1), out('1\n2\n3'), out('3\n4\n'), err('5\nsix'))
  expect(await text(read({ tail: 0 }))).toBe('')
  expect(await text(read({ tail: 1 }))).toBe('six')
  expect(await text(read({ tail: 3 }))).toBe('4\n5\nsix')
  expect(await text(read({ tail: 4 }))).toBe('33\n4\n5\nsix')
  expect(await text(read({ tail: 99 }))).toBe('1\n2\n33\n4\n5\nsix')
})

test('gives what was printed between two times', async () => {
  await write(start(1), out('a', 10n), out('b', 20n), out('c', 30n))
  expect(await text(read({ since: 20n }))).toBe('bc')
  expect(await text(read({ until: 20n }))).toBe('ab')
})

test('follows until the exit record of the run', async () => {
  await write(start(1), out('a'), exit(1, 0), start(2), out('b'))
  const all = text(read({ follow: true }))
  setTimeout(() => void appendFile(path, Buffer.concat([out('c'), exit(2, 0)])), 50)
  expect(await all).toBe('abc')
})

test('waits for a run that has not begun', async () => {
  await write()
  const all = text(read({ follow: true, fromRun: 2 }))
  setTimeout(() => void appendFile(path, Buffer.concat([start(1), out('old'), exit(1, 0)])), 20)
  setTimeout(() => void appendFile(path, Buffer.concat([start(2), out('new'), exit(2, 0)])), 60)
  expect(await all).toBe('new')
})

test('ends without an exit record when it is told so, all read', async () => {
  await write(start(1), out('a'))
  const ended = new Promise((resolve) => setTimeout(resolve, 50))
  expect(await text(read({ follow: true, ended }))).toBe('a')
})

test('ends when it is aborted', async () => {
  await write(start(1), out('a'))
  const abort = new AbortController()
  setTimeout(() => abort.abort(), 50)
  expect(await text(read({ follow: true, signal: abort.signal }))).toBe('a')
})

test('finds how each run ended', async () => {
  await write(start(1), exit(1, 7), start(2), out('x'.repeat(16_000)), exit(2, 137))
  expect(await lastExit(path, 1)).toEqual({ code: 7, oomKilled: false, timeNs: 9n })
  expect(await lastExit(path, 2)).toMatchObject({ code: 137 })
  expect(await lastExit(path, 3)).toBeUndefined()
})

test('a record cut off at any byte is cut away before the next run', async () => {
  const last = out('lost')
  for (let length = 1; length < last.length; length++) {
    await write(start(1), out('kept'), last.subarray(0, length))
    await repairLog(path)
    expect((await readFile(path)).length).toBe(Buffer.concat([start(1), out('kept')]).length)
    await appendFile(path, out('next'))
    expect(await text(read())).toBe('keptnext')
  }
})
