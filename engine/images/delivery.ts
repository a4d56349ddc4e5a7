import type { ProgressMessage } from '../../contract/docker.ts'
import { shortId } from '../../contract/names.ts'
import { runWorker } from './run-worker.ts'
import { layerBlobs, type StoredImage } from './stored-image.ts'

/** What a pull or load brought: complete, but not yet in the store. */
export interface Delivery {
  /** Names in full. */
  images: { image: StoredImage; names: string[] }[]
  /** Files by digest, all in one work folder; verified. */
  files: Map<string, string>
  /** The layers were read to their end, and are what their digests say. */
  isVerified?: boolean
}

export interface ProgressOptions {
  signal?: AbortSignal
  onProgress?(message: ProgressMessage): void
}

/** True where a layer in the store is known to unpack to this DiffID. */
export type IsKnownLayer = (digest: string, diffId: string) => boolean

/** Reads every new layer to its end: length, digest and DiffID. Rejects with DIGEST_MISMATCH or IMAGE_INVALID. */
export async function verifyLayers(
  { images, files }: Delivery,
  isKnown: IsKnownLayer,
  { signal, onProgress }: ProgressOptions,
): Promise<void> {
  const all = images.flatMap(({ image }) => layerBlobs(image, (digest) => files.get(digest)!))
  const fresh = all.filter(({ digest, diffId }) => !isKnown(digest, diffId))
  const layers = [...new Map(fresh.map((layer) => [`${layer.digest} ${layer.diffId}`, layer])).values()]
  if (layers.length === 0) return
  await runWorker(
    { verify: layers },
    {
      signal,
      onProgress: ({ layer, bytes }) => {
        const { digest, size } = layers[layer]!
        const progressDetail = { current: bytes, total: size }
        onProgress?.({ status: 'Verifying Checksum', progressDetail, id: shortId(digest) })
      },
    },
  )
}
