import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { EngineError } from '../../../contract/errors.ts'
import { shortId } from '../../../contract/names.ts'
import { CHUNK, compressionFault, compressionOf, decompress, type Compression } from './compression.ts'

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
  try {
    for await (const chunk of decompress(source(), await compressionOfFile(layer.path))) {
      unpackedBytes += chunk.length
      if (unpackedBytes > limit)
        invalid(layer, `unpacks to more than ${limit} bytes, as decompression bombs do`)
      unpacked.update(chunk)
      hooks.data(chunk)
    }
  } catch (error) {
    const fault = compressionFault(error)
    if (fault) invalid(layer, fault)
    throw error
  }
  if (storedBytes !== layer.size || stored.digest('hex') !== layer.digest.slice('sha256:'.length)) {
    mismatch(layer, 'is damaged on disk: its digest is wrong; remove the image and pull it again')
  }
  if (unpacked.digest('hex') !== layer.diffId.slice('sha256:'.length)) {
    mismatch(layer, `does not unpack to ${shortId(layer.diffId)}, which the image's config promises`)
  }
}

async function compressionOfFile(path: string): Promise<Compression> {
  await using file = await open(path)
  const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0)
  return compressionOf(buffer.subarray(0, bytesRead))
}

function invalid(layer: LayerBlob, why: string): never {
  throw new EngineError('IMAGE_INVALID', `layer ${shortId(layer.digest)} ${why}`)
}

function mismatch(layer: LayerBlob, why: string): never {
  throw new EngineError('DIGEST_MISMATCH', `layer ${shortId(layer.digest)} ${why}`)
}
