import { PassThrough, Readable } from 'node:stream'
import { expect, test } from 'vitest'
import type { ProgressMessage } from '../../contract/docker.ts'
import { jsonLines, showProgress } from './progress.ts'

const bytes = (messages: ProgressMessage[]): Readable =>
  Readable.from([Buffer.from(messages.map((message) => `${JSON.stringify(message)}\r\n`).join(''))])

async function shown(messages: ProgressMessage[], terminal?: { columns: number }): Promise<string> {
  const target = Object.assign(new PassThrough(), terminal ? { isTTY: true, ...terminal } : {})
  await showProgress(bytes(messages), target)
  return String(target.read() ?? '')
}

const pull: ProgressMessage[] = [
  { status: 'Pulling from library/web', id: 'latest' },
  { status: 'Downloading', id: 'abc', progressDetail: { current: 1_000_000, total: 3_000_000 } },
  { status: 'Downloading', id: 'abc', progressDetail: { current: 3_000_000, total: 3_000_000 } },
  { status: 'Download complete', id: 'abc' },
  { status: 'Status: Downloaded newer image for web' },
]

test('without a terminal each change of status is a line', async () => {
  expect(await shown(pull)).toBe(
    'latest: Pulling from library/web\nabc: Downloading\nabc: Download complete\nStatus: Downloaded newer image for web\n',
  )
})

test('on a terminal a line is written over in place, no wider than the terminal', async () => {
  const text = await shown(pull, { columns: 80 })
  expect(text).toContain('abc: Downloading [==========>                   ] 1MB/3MB\n')
  expect(text).toContain('\x1b[1A\r\x1b[2Kabc: Downloading [==============================] 3MB/3MB\x1b[1B\r')
  const narrow = (await shown(pull, { columns: 20 })).split('\n').slice(0, 2)
  expect(narrow.map((line) => line.length)).toEqual([19, 19])
})

test('what load says is shown as it is', async () => {
  expect(await shown([{ stream: 'Loaded image: web:1\n' }])).toBe('Loaded image: web:1\n')
})

test('an error line rejects with its code', async () => {
  const failed = shown([
    { status: 'x' },
    { error: 'no room', errorDetail: { message: 'no room', code: 'DISK_FULL' } },
  ])
  await expect(failed).rejects.toMatchObject({ code: 'DISK_FULL', message: 'no room' })
})

test('lines may be cut anywhere, within a character too', async () => {
  const text = Buffer.from('{"a":"ü"}\n{"a":"€"}')
  const pieces = Array.from(text, (_, at) => text.subarray(at, at + 1))
  const seen: unknown[] = []
  for await (const value of jsonLines(Readable.from(pieces))) seen.push(value)
  expect(seen).toEqual([{ a: 'ü' }, { a: '€' }])
})
