import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { createHash } from 'node:crypto'
import { pipeline } from 'node:stream/promises'
import { constants, createGunzip, createZstdDecompress } from 'node:zlib'
import { EngineError } from '../../../contract/errors.ts'
import { shortId } from '../digest.ts'

const CHUNK = 256 * 1024
/** 128 MiB: what `zstd -d` accepts without being asked, and so what anybody may have used. */
const MAX_ZSTD_WINDOW_LOG = 27
/** A layer may unpack to this much whatever its compression, beyond it only to so many times its size. */
const FREE_BYTES = 1024 ** 3
const MAX_RATIO = 200

export interface LayerBlob {
  path: string
  digest: string
  /** Bytes as stored. */
  size: number
  /** Digest of the unpacked tar archive. */
  diffId: string
}

export interface LayerHooks {
  /** Unpacked bytes, in order. */
  data(chunk: Buffer): void
  /** Stored bytes read so far. */
  progress?(bytes: number): void
}

/**
 * Streams a layer (gzip, zstd or plain, told apart by their first bytes), and checks both digests. Memory is
 * bounded whatever the layer holds. Rejects with IMAGE_INVALID or DIGEST_MISMATCH; what was handed over before
 * that must then be thrown away.
 */
export async function readLayer(layer: LayerBlob, hooks: LayerHooks): Promise<void> {
  const stored = createHash('sha256')
  const unpacked = createHash('sha256')
  const limit = Math.max(FREE_BYTES, layer.size * MAX_RATIO)
  let storedBytes = 0
  let unpackedBytes = 0

  async function* source(): AsyncGenerator<Buffer> {
    for await (const chunk of createReadStream(layer.path, { highWaterMark: CHUNK })) {
      stored.update(chunk as Buffer)
      storedBytes += (chunk as Buffer).length
      hooks.progress?.(storedBytes)
      yield chunk as Buffer
    }
  }
  async function sink(chunks: AsyncIterable<Buffer>): Promise<void> {
    for await (const chunk of chunks) {
      unpackedBytes += chunk.length
      if (unpackedBytes > limit)
        invalid(layer, `unpacks to more than ${limit} bytes, as decompression bombs do`)
      unpacked.update(chunk)
      hooks.data(chunk)
    }
  }

  const decompress = await decompressor(layer.path)
  try {
    if (decompress) await pipeline(source, decompress, sink)
    else await pipeline(source, sink)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? ''
    if (code === 'Z_BUF_ERROR') invalid(layer, 'is truncated')
    if (code.startsWith('Z') || code.startsWith('ERR_TRAILING')) {
      invalid(layer, `cannot be decompressed (${(error as Error).message})`)
    }
    throw error
  }
  if (storedBytes !== layer.size || stored.digest('hex') !== layer.digest.slice('sha256:'.length)) {
    mismatch(layer, 'is damaged on disk: its digest is wrong; remove the image and pull it again')
  }
  if (unpacked.digest('hex') !== layer.diffId.slice('sha256:'.length)) {
    mismatch(layer, `does not unpack to ${shortId(layer.diffId)}, which the image's config promises`)
  }
}

type Decompressor = ReturnType<typeof createGunzip> | ReturnType<typeof createZstdDecompress>

async function decompressor(path: string): Promise<Decompressor | undefined> {
  const file = await open(path)
  try {
    const magic = Buffer.alloc(4)
    await file.read(magic, 0, 4, 0)
    if (magic[0] === 0x1f && magic[1] === 0x8b) {
      return createGunzip({ chunkSize: CHUNK, rejectGarbageAfterEnd: true } as object)
    }
    if (magic.readUInt32LE() === 0xfd2fb528) {
      const params = { [constants.ZSTD_d_windowLogMax]: MAX_ZSTD_WINDOW_LOG }
      return createZstdDecompress({ chunkSize: CHUNK, params })
    }
    return undefined
  } finally {
    await file.close()
  }
}

function invalid(layer: LayerBlob, why: string): never {
  throw new EngineError('IMAGE_INVALID', `layer ${shortId(layer.digest)} ${why}`)
}

function mismatch(layer: LayerBlob, why: string): never {
  throw new EngineError('DIGEST_MISMATCH', `layer ${shortId(layer.digest)} ${why}`)
}
