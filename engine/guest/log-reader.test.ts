import { appendFile, mkdtemp, open, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { encodeLogRecord, LogType } from '../../contract/guest-protocol/log-record.ts'
import { recordAfter } from './log-file.ts'
import { LogKeeper } from './log-keeper.ts'
import { logStart } from './log-start.ts'
import {
  lastExit,
  outputBefore,
  readLog,
  repairLog,
  type LogChunk,
  type ReadLogOptions,
} from './log-reader.ts'

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

test('what was printed by an instant is taken as it stands, without its runs', async () => {
  const before = [start(1), out('a\n', 5n), exit(1, 3), start(2), err('b\n')]
  await write(...before, out('later\n'))
  const end = Buffer.concat(before).length
  expect(await outputBefore(path, end, 1000)).toEqual(Buffer.concat([out('a\n', 5n), err('b\n')]))
  // A record that is not whole by then, or does not fit, is none.
  expect(await outputBefore(path, end + 5, 1000)).toEqual(Buffer.concat([out('a\n', 5n), err('b\n')]))
  expect(await outputBefore(path, end, end - 1)).toEqual(out('a\n', 5n))
  expect(await outputBefore(join(folder, 'none'), 100, 100)).toEqual(Buffer.alloc(0))
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

describe('a log whose head was cut off', () => {
  const line = (number: number): string => `${String(number).padStart(8, '0')}\n`
  const lines = (from: number, to: number): string => {
    let all = ''
    for (let number = from; number < to; number++) all += line(number)
    return all
  }
  const PER_RECORD = 1000

  async function grow(from: number, records: number): Promise<void> {
    const parts = Array.from({ length: records }, (_, at) =>
      out(lines((from + at) * PER_RECORD, (from + at + 1) * PER_RECORD)),
    )
    await appendFile(path, Buffer.concat(parts))
  }

  async function allocated(): Promise<number> {
    return (await stat(path)).blocks * 512
  }

  const keeper = (cap: number) => new LogKeeper(path, { cap, log: (message) => expect.unreachable(message) })

  test('keeps what is younger than the cap, in whole records, and its readers find the rest', async () => {
    const cap = 1024 * 1024
    const kept = keeper(cap)
    await write(start(1))
    kept.begin()
    for (let round = 0; round < 10; round++) {
      await grow(round * 50, 50)
      await expect.poll(allocated, { timeout: 10_000 }).toBeLessThan(cap * 1.5)
    }
    await appendFile(path, exit(1, 3))
    kept.end()
    const all = await text(read())
    expect(all.length).toBeGreaterThanOrEqual(cap - 32 * 1024)
    const first = Number(all.slice(0, 8))
    expect(first % PER_RECORD).toBe(0)
    expect(all === lines(first, 500 * PER_RECORD)).toBe(true)
    expect(await text(read({ tail: 3 }))).toBe(lines(500 * PER_RECORD - 3, 500 * PER_RECORD))
    expect(await lastExit(path, 1)).toMatchObject({ code: 3 })
    expect(await lastExit(path, 7)).toBeUndefined()
    await repairLog(path)
    expect(await text(read({ tail: 1 }))).toBe(line(500 * PER_RECORD - 1))
  })

  test('where it begins is found, wherever that is', async () => {
    for (const records of [1, 2, 7, 100]) {
      await write(out('\0'.repeat(16_000)))
      await grow(0, records)
      const file = await open(path, 'r+')
      const { size } = await file.stat()
      expect(await logStart(file)).toBe(0)
      for (const cut of [0.1, 0.5, 0.9].map((part) => Math.floor(size * part))) {
        const at = await recordAfter(file, cut)
        // Behind the last record's beginning there is none.
        if (at === undefined) continue
        await file.write(Buffer.alloc(at), 0, at, 0)
        expect(await logStart(file)).toBe(at)
      }
      await file.close()
    }
  })

  test('a reader that is to miss nothing holds it, one that is far too slow is told', async () => {
    const kept = keeper(64 * 1024)
    await write(start(1))
    const hold = (position: () => number) => kept.hold(position)
    const slow = read({ follow: true, hold })
    await grow(0, 1)
    expect((await slow.next()).value?.data.toString()).toBe(lines(0, PER_RECORD))
    kept.begin()
    // 9 MB: more than the cap by far, but within reason.
    await grow(1, 1000)
    await delay(1000)
    expect(await allocated()).toBeGreaterThan(8_000_000)
    expect((await slow.next()).value?.data.toString()).toBe(lines(PER_RECORD, 2 * PER_RECORD))
    await grow(1001, 9000)
    await expect.poll(allocated, { timeout: 20_000 }).toBeLessThan(74 * 1024 * 1024)
    // Long enough that nobody looks at the log any more, unless told to.
    await delay(1000)
    await expect(text(slow)).rejects.toThrow('output was lost')
    await expect.poll(allocated, { timeout: 20_000 }).toBeLessThan(1024 * 1024)
    kept.end()
  })
})
