import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import type { ImageConfig } from '../../contract/image.ts'
import type { ProgressOptions } from './delivery.ts'
import { digestOf, hexOf } from './digest.ts'
import { isObject, own, parseJson, type JsonObject } from './json.ts'
import type { LayerBlob } from './layers/decompress.ts'
import { MEDIA, type Descriptor } from './manifest.ts'
import { hostPlatform } from './platform.ts'
import { blobsOf, joinImage, type StoredImage } from './stored-image.ts'

/** An image that is to be made of one layer. */
export interface NewImage extends ProgressOptions {
  /** Name or id of the image that the layer lies on. */
  base?: string
  layer: Readable
  /** In place of the base's. */
  config: ImageConfig
  /** `name:tag`; without it the image has no name. */
  reference?: string
  comment?: string
  author?: string
  createdBy?: string
}

const LAYER = 'application/vnd.oci.image.layer.v1.tar'

/** Writes config and manifest into `folder`, in which the blobs of the base are, named by their hex digests. */
export async function makeImage(
  folder: string,
  layer: LayerBlob,
  base: StoredImage | undefined,
  wanted: NewImage,
): Promise<{ image: StoredImage; files: Map<string, string> }> {
  const at = (digest: string): string => join(folder, hexOf(digest))
  const json = base ? parseJson(await readFile(at(base.id)), 'config') : {}
  const config = Buffer.from(JSON.stringify(configOf(json, base, layer, wanted)))
  const layers = [...(base?.manifest.layers ?? []).map(asOci), { ...blob(layer), mediaType: `${LAYER}+gzip` }]
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MEDIA.ociManifest,
      config: { mediaType: MEDIA.ociConfig, ...blob(config) },
      layers,
    }),
  )
  const descriptor = { mediaType: MEDIA.ociManifest, ...blob(manifest) }
  const image = joinImage(descriptor, manifest, config)
  await writeFile(at(image.id), config)
  await writeFile(at(descriptor.digest), manifest)
  const files = new Map([descriptor, ...layers].map(({ digest }) => [digest, at(digest)]))
  return { image, files: files.set(image.id, at(image.id)).set(layer.digest, layer.path) }
}

/** An image of the same layers with another config. Blobs as for `makeImage`. */
export async function relabelImage(
  folder: string,
  base: StoredImage,
  wanted: Pick<NewImage, 'config' | 'comment' | 'createdBy'>,
): Promise<{ image: StoredImage; files: Map<string, string> }> {
  const at = (digest: string): string => join(folder, hexOf(digest))
  const json = parseJson(await readFile(at(base.id)), 'config')
  const created = new Date().toISOString()
  const { comment, createdBy } = wanted
  const step = { created, created_by: createdBy, comment, empty_layer: true }
  const history = [...stepsOf(json, base), step]
  const config = Buffer.from(JSON.stringify({ ...json, created, config: wanted.config, history }))
  const { mediaType } = base.descriptor
  const own = parseJson(await readFile(at(base.descriptor.digest)), 'manifest')
  const described = { ...base.manifest.config, ...blob(config) }
  const manifest = Buffer.from(JSON.stringify({ ...own, config: described }))
  const image = joinImage({ mediaType, ...blob(manifest) }, manifest, config)
  await writeFile(at(image.id), config)
  await writeFile(at(image.descriptor.digest), manifest)
  const files = blobsOf(image).map(({ digest }): [string, string] => [digest, at(digest)])
  return { image, files: new Map(files) }
}

function configOf(
  base: JsonObject,
  image: StoredImage | undefined,
  layer: LayerBlob,
  wanted: NewImage,
): object {
  const [os, architecture] = hostPlatform().split('/')
  const created = new Date().toISOString()
  const { config, author, createdBy, comment } = wanted
  const platform = ['os', 'architecture', 'variant', 'os.version', 'os.features']
  return {
    os,
    architecture,
    ...Object.fromEntries(platform.flatMap((key) => (own(base, key) ? [[key, own(base, key)]] : []))),
    created,
    author: author ?? own(base, 'author'),
    config,
    rootfs: { type: 'layers', diff_ids: [...(image?.config.diffIds ?? []), layer.diffId] },
    history: [...stepsOf(base, image), { created, created_by: createdBy, author, comment }],
  }
}

/** Layers that no step speaks of get a nameless one: steps and layers are matched by counting. */
function stepsOf(base: JsonObject, image?: StoredImage): unknown[] {
  const history = own(base, 'history')
  const steps = Array.isArray(history) ? history.filter(isObject) : []
  const layered = steps.filter((step) => own(step, 'empty_layer') !== true).length
  const missing = Math.max(0, (image?.manifest.layers.length ?? 0) - layered)
  return [...steps, ...Array.from({ length: missing }, () => ({}))]
}

/** One manifest holds layers of one family of types; the bytes are the same. */
function asOci({ mediaType, digest, size }: Descriptor): Descriptor {
  const compression = /[.+](gzip|zstd)$/.exec(mediaType)?.[1]
  return { mediaType: compression ? `${LAYER}+${compression}` : LAYER, digest, size }
}

const blob = (data: Buffer | LayerBlob): { digest: string; size: number } =>
  Buffer.isBuffer(data)
    ? { digest: digestOf(data), size: data.length }
    : { digest: data.digest, size: data.size }
