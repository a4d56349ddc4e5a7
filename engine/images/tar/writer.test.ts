import { expect, test } from 'vitest'
import type { TarEntry } from './entry.ts'
import { TarReader } from './reader.ts'
import { endMark, fileHeader, folderHeader, padding } from './writer.ts'

function read(archive: Buffer[]): { path: string; size: number; data: string }[] {
  const found: { path: string; size: number; data: string }[] = []
  const reader = new TarReader({
    entry: ({ path, size }: TarEntry) => void found.push({ path, size, data: '' }),
    data: (chunk) => void (found.at(-1)!.data += chunk.toString()),
    end: () => {},
  })
  for (const part of archive) reader.push(part)
  reader.end()
  return found
}

test('what is written is read again, whatever the length', () => {
  const files = ['', 'a', 'b'.repeat(512), 'c'.repeat(513)].map((data, at) => ({
    path: `blobs/${at}`,
    size: data.length,
    data,
  }))
  const parts = files.flatMap(({ path, size, data }) => [
    fileHeader(path, size),
    Buffer.from(data),
    padding(size),
  ])
  expect(parts.reduce((sum, { length }) => sum + length, 0) % 512).toBe(0)
  expect(read([...parts, endMark()])).toEqual(files)
})

test('a folder is one', () => {
  const found: string[] = []
  const entry = ({ path, type, mode }: TarEntry) => void found.push(`${type} ${path} ${mode.toString(8)}`)
  new TarReader({ entry, data: () => {}, end: () => {} }).push(folderHeader('blobs/sha256'))
  expect(found).toEqual([expect.stringMatching(/^directory blobs\/sha256\/? 755$/)])
})

test('a file of more than 8 GiB keeps its size', () => {
  const sizes: number[] = []
  const reader = new TarReader({ entry: ({ size }) => void sizes.push(size), data: () => {}, end: () => {} })
  reader.push(fileHeader('big', 2 ** 33 + 7))
  expect(sizes).toEqual([2 ** 33 + 7])
})

test('a name that does not fit is refused', () => {
  expect(fileHeader('n'.repeat(100), 0).subarray(0, 100).toString()).toBe('n'.repeat(100))
  expect(() => fileHeader('n'.repeat(101), 0)).toThrow(RangeError)
})
