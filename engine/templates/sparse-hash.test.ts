import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { hashSparseFile } from './sparse-hash.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ramet-hash-'))
})
afterEach(() => rm(folder, { recursive: true }))

async function sparse(name: string, bytes: number, writes: [number, Buffer][]): Promise<string> {
  const file = join(folder, name)
  const handle = await open(file, 'w')
  await handle.truncate(bytes)
  for (const [offset, data] of writes) await handle.write(data, 0, data.length, offset)
  await handle.sync()
  await handle.close()
  return file
}

const page = (fill: number): Buffer => Buffer.alloc(4096, fill)

test('equal content has an equal digest, a changed byte or a moved page has not', async () => {
  const a = await sparse('a', 1 << 20, [[8192, page(1)], [65536, page(2)]]) // prettier-ignore
  const same = await sparse('same', 1 << 20, [[65536, page(2)], [8192, page(1)]]) // prettier-ignore
  const changed = await sparse('changed', 1 << 20, [[8192, page(1)], [65536, page(3)]]) // prettier-ignore
  const moved = await sparse('moved', 1 << 20, [[12288, page(1)], [65536, page(2)]]) // prettier-ignore
  expect(await hashSparseFile(same)).toBe(await hashSparseFile(a))
  expect(await hashSparseFile(changed)).not.toBe(await hashSparseFile(a))
  expect(await hashSparseFile(moved)).not.toBe(await hashSparseFile(a))
})

test('zeros that are written are the same as a hole, wherever they lie', async () => {
  const holes = await sparse('holes', (1 << 20) + 100, [[8192, page(1)], [12288, page(2)]]) // prettier-ignore
  const written = await sparse('written', (1 << 20) + 100, [
    [0, Buffer.alloc(1 << 20)],
    [8192, page(1)],
    [12288, page(2)],
    [1 << 20, Buffer.alloc(100)],
  ])
  const ends = await sparse('ends', (1 << 20) + 100, [[8192, page(1)], [12288, page(2)], [(1 << 20) + 99, Buffer.of(1)]]) // prettier-ignore
  expect(await hashSparseFile(written)).toBe(await hashSparseFile(holes))
  expect(await hashSparseFile(ends)).not.toBe(await hashSparseFile(holes))
})
