import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { constants, gzipSync, zstdCompressSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { digestOf } from '../digest.ts'
import { decompress } from './compression.ts'
import { readLayer, type LayerBlob } from './decompress.ts'

const MIB = 1024 * 1024
const plain = Buffer.from('the layer '.repeat(100_000))

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ramet-layers-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function blob(stored: Buffer, more: Partial<LayerBlob> = {}): Promise<LayerBlob> {
  const path = join(folder, 'layer')
  await writeFile(path, stored)
  return { path, digest: digestOf(stored), size: stored.length, diffId: digestOf(plain), ...more }
}

async function read(layer: LayerBlob): Promise<Buffer> {
  const parts: Buffer[] = []
  await readLayer(layer, { data: (chunk) => parts.push(Buffer.from(chunk)) })
  return Buffer.concat(parts)
}

const checkedZstd = (data: Buffer): Buffer =>
  zstdCompressSync(data, { params: { [constants.ZSTD_c_checksumFlag]: 1 } })

async function* chunks(data: Buffer, length: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < data.length; at += length) yield data.subarray(at, at + length)
}

async function unpacked(stored: Buffer, chunkLength: number): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of decompress(chunks(stored, chunkLength), 'zstd')) parts.push(part)
  return Buffer.concat(parts)
}

const refuses = async (layer: LayerBlob, code: string, why: RegExp) =>
  expect(read(layer)).rejects.toMatchObject({ code, message: expect.stringMatching(why) as string })

describe('a layer', () => {
  test('is read plain, from gzip in one or several members, and from zstd', async () => {
    const halves = [plain.subarray(0, 70_000), plain.subarray(70_000)]
    const members = Buffer.concat(halves.map((half) => gzipSync(half)))
    // Layers that are fetched in parts (eStargz, zstd:chunked) have many members or frames, and frames to be skipped.
    const skippable = Buffer.from('5f2a4d1804000000736b6970', 'hex')
    const frames = Buffer.concat([skippable, ...halves.flatMap((half) => [checkedZstd(half), skippable])])
    for (const stored of [plain, gzipSync(plain), members, zstdCompressSync(plain), frames]) {
      expect((await read(await blob(stored))).equals(plain)).toBe(true)
    }
  })

  test('of zstd is the same wherever its chunks are cut', async () => {
    const stored = Buffer.concat([
      checkedZstd(plain),
      zstdCompressSync(randomBytes(20_000)),
      checkedZstd(Buffer.alloc(0)),
    ])
    const whole = await unpacked(stored, stored.length)
    expect(whole.length).toBe(plain.length + 20_000)
    for (const length of [1, 3, 1000, 65_536]) {
      const cut = await unpacked(stored, length)
      expect(cut.equals(whole)).toBe(true)
    }
  })

  test('tells how much of it was read', async () => {
    const layer = await blob(plain)
    const told: number[] = []
    await readLayer(layer, { data: () => {}, progress: (bytes) => told.push(bytes) })
    expect(told.at(-1)).toBe(plain.length)
    expect(told.toSorted((a, b) => a - b)).toEqual(told)
  })

  test('that is truncated, or followed by garbage, is refused', async () => {
    for (const packed of [gzipSync(plain), zstdCompressSync(plain)]) {
      await refuses(
        await blob(packed.subarray(0, packed.length - 10)),
        'IMAGE_INVALID',
        /truncated|decompressed/,
      )
      await refuses(await blob(Buffer.concat([packed, Buffer.from('garbage')])), 'IMAGE_INVALID', /./)
    }
  })

  test('whose stored bytes are others, of the same length, is refused', async () => {
    const stored = await blob(plain, { digest: digestOf('another'), diffId: digestOf(plain) })
    await refuses(stored, 'DIGEST_MISMATCH', /digest is wrong/)
  })

  test('of another length than the manifest says is refused', async () => {
    await refuses(await blob(plain, { size: plain.length + 1 }), 'DIGEST_MISMATCH', /damaged/)
  })

  test('that unpacks to something else than the config promises is refused', async () => {
    await refuses(await blob(gzipSync(plain), { diffId: digestOf('another') }), 'DIGEST_MISMATCH', /promises/)
  })
})

describe('bombs', () => {
  test('gzip that unpacks without end is given up at the limit', async () => {
    // Members of 64 MiB of zeros, 64 KiB each: 1.25 GiB from little more than a megabyte.
    const member = gzipSync(Buffer.alloc(64 * MIB), { level: 9 })
    const layer = await blob(Buffer.concat(Array.from({ length: 20 }, () => member)))
    let unpacked = 0
    const reading = readLayer(layer, { data: (chunk) => (unpacked += chunk.length) })
    await expect(reading).rejects.toMatchObject({ code: 'IMAGE_INVALID', message: expect.stringMatching(/bombs/) as string }) // prettier-ignore
    expect(unpacked).toBeGreaterThan(1000 * MIB)
    expect(unpacked).toBeLessThanOrEqual(1024 * MIB)
  })

  test('a zstd window of 2 GiB is not allocated', async () => {
    // Magic, no options, a window of 2^31 bytes, one empty last block.
    const frame = Buffer.from('28b52ffd00a8010000', 'hex')
    await refuses(await blob(frame, { diffId: digestOf('') }), 'IMAGE_INVALID', /decompressed/)
    const small = Buffer.from('28b52ffd0000010000', 'hex')
    expect(await read(await blob(small, { diffId: digestOf('') }))).toHaveLength(0)
  })
})
