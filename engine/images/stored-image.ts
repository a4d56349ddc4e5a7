import { EngineError } from '../../contract/errors.ts'
import type { Image } from '../../contract/image.ts'
import { shortId } from '../../contract/names.ts'
import { parseConfig, type ConfigBlob } from './config.ts'
import type { LayerBlob } from './layers/decompress.ts'
import { parseImageManifest, type Descriptor, type Manifest } from './manifest.ts'

/** An image without its names, as manifest and config together describe it. */
export interface StoredImage {
  id: string
  /** The manifest's own descriptor. */
  descriptor: Descriptor
  manifest: Manifest
  config: ConfigBlob
}

/** Joins a manifest and its config, both already checked against their digests. Throws IMAGE_INVALID. */
export function joinImage(descriptor: Descriptor, manifestData: Buffer, configData: Buffer): StoredImage {
  const manifest = parseImageManifest(manifestData, descriptor.mediaType)
  const config = parseConfig(configData)
  if (config.diffIds.length !== manifest.layers.length) {
    throw new EngineError(
      'IMAGE_INVALID',
      `image ${shortId(manifest.config.digest)} has ${manifest.layers.length} layers in its manifest but ` +
        `${config.diffIds.length} in its config; it was damaged where it was built or pushed`,
    )
  }
  return { id: manifest.config.digest, descriptor, manifest, config }
}

/** Every blob of the image, once each. */
export function blobsOf({ descriptor, manifest }: StoredImage): Descriptor[] {
  const all = [descriptor, manifest.config, ...manifest.layers]
  return [...new Map(all.map((blob) => [blob.digest, blob])).values()]
}

export function layerBlobs(image: StoredImage, pathOf: (digest: string) => string): LayerBlob[] {
  return image.manifest.layers.map(({ digest, size }, index) => ({
    path: pathOf(digest),
    digest,
    size,
    diffId: image.config.diffIds[index]!,
  }))
}

/** `tags` and `digests` are familiar names. */
export function describe(image: StoredImage, tags: string[], digests: string[]): Image {
  const { manifest, config } = image
  return {
    id: image.id,
    manifestDigest: image.descriptor.digest,
    manifestType: image.descriptor.mediaType,
    manifestSize: image.descriptor.size,
    repoTags: tags,
    repoDigests: digests,
    created: config.created,
    author: config.author,
    architecture: config.architecture,
    os: config.os,
    size: manifest.layers.reduce((sum, { size }) => sum + size, manifest.config.size),
    layers: config.diffIds,
    config: config.config,
    history: config.history,
  }
}
