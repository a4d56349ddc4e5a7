import { execFileSync } from 'node:child_process'
import { Readable } from 'node:stream'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { unpack } from './unpack.ts'

const TEXT = Buffer.from('some files, as far as this is concerned\n'.repeat(10_000))
const through = (program: string) => execFileSync(program, ['-c'], { input: TEXT })

async function whole(archive: Buffer): Promise<Buffer> {
  // In small pieces: the first may not even hold the magic.
  const pieces = Array.from({ length: Math.ceil(archive.length / 5) }, (_, at) =>
    archive.subarray(at * 5, at * 5 + 5),
  )
  const { chunks } = await unpack(Readable.from(pieces))
  const parts: Buffer[] = []
  for await (const chunk of chunks) parts.push(chunk)
  return Buffer.concat(parts)
}

test.each([
  ['plain', () => TEXT],
  ['gzip', () => gzipSync(TEXT)],
  ['zstd', () => zstdCompressSync(TEXT)],
  ['xz', () => through('xz')],
  ['bzip2', () => through('bzip2')],
])('an archive is unpacked: %s', async (_name, archive) => {
  expect((await whole(archive())).equals(TEXT)).toBe(true)
})

test.each([
  ['xz', () => through('xz').subarray(0, -20)],
  ['bzip2', () => through('bzip2').subarray(0, -20)],
  ['xz', () => Buffer.concat([through('xz').subarray(0, 30), Buffer.alloc(500, 7)])],
])('a broken one is said to be: %s', async (_name, archive) => {
  await expect(whole(archive())).rejects.toMatchObject({
    code: 'IMAGE_INVALID',
    message: expect.stringMatching(/^the archive cannot be decompressed \(.+\); save it again$/) as unknown,
  })
})

test('who stops reading ends it', async () => {
  const endless = Readable.from(
    (function* () {
      const block = through('xz')
      for (;;) yield block
    })(),
  )
  const { chunks } = await unpack(endless)
  for await (const chunk of chunks) if (chunk.length > 0) break
  await expect.poll(() => endless.destroyed).toBe(true)
})
