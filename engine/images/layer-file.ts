import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { CHUNK } from './layers/compression.ts'
import type { LayerBlob } from './layers/decompress.ts'
import type { TarHandler } from './tar/entry.ts'
import { TarReader } from './tar/reader.ts'
import { unpack, unpackError } from './unpack.ts'

const NOTHING: TarHandler = { entry: () => {}, data: () => {}, end: () => {} }

/**
 * Writes a tar (plain, or compressed with gzip or zstd) as a layer, in one pass with bounded memory. Rejects with
 * IMAGE_INVALID, the file system's error or the signal's reason.
 */
export async function writeLayer(tar: Readable, path: string, signal?: AbortSignal): Promise<LayerBlob> {
  const unpacked = createHash('sha256')
  const stored = createHash('sha256')
  let size = 0
  try {
    const { chunks } = await unpack(tar, signal)
    const reader = new TarReader(NOTHING)
    async function* checked(): AsyncGenerator<Buffer> {
      for await (const chunk of chunks) {
        reader.push(chunk)
        unpacked.update(chunk)
        yield chunk
      }
      reader.end()
    }
    async function* counted(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
      for await (const chunk of source) {
        stored.update(chunk)
        size += chunk.length
        yield chunk
      }
    }
    const file = createWriteStream(path, { flags: 'wx', mode: 0o600 })
    await pipeline(checked, createGzip({ chunkSize: CHUNK }), counted, file, { signal })
  } catch (error) {
    signal?.throwIfAborted()
    throw unpackError(error)
  }
  const digest = `sha256:${stored.digest('hex')}`
  return { path, digest, size, diffId: `sha256:${unpacked.digest('hex')}` }
}
