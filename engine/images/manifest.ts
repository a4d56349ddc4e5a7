import { EngineError } from '../../contract/errors.ts'
import { isDigest } from './digest.ts'
import { isObject, own, parseJson, type JsonObject } from './json.ts'

export const MEDIA = {
  ociManifest: 'application/vnd.oci.image.manifest.v1+json',
  ociIndex: 'application/vnd.oci.image.index.v1+json',
  ociConfig: 'application/vnd.oci.image.config.v1+json',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
  dockerList: 'application/vnd.docker.distribution.manifest.list.v2+json',
  dockerConfig: 'application/vnd.docker.container.image.v1+json',
  dockerLayer: 'application/vnd.docker.image.rootfs.diff.tar',
} as const

const LAYER_TYPES = new Set([
  'application/vnd.oci.image.layer.v1.tar',
  'application/vnd.oci.image.layer.v1.tar+gzip',
  'application/vnd.oci.image.layer.v1.tar+zstd',
  MEDIA.dockerLayer,
  `${MEDIA.dockerLayer}.gzip`,
  `${MEDIA.dockerLayer}.zstd`,
])

/** More than any builder makes; Docker stops at 127. */
const MAX_LAYERS = 512

export interface Descriptor {
  mediaType: string
  digest: string
  /** Bytes. */
  size: number
}

export interface Manifest {
  mediaType: string
  config: Descriptor
  /** Lowest first, as stored (mostly compressed). */
  layers: Descriptor[]
}

export interface PlatformManifest extends Descriptor {
  os: string
  architecture: string
}

export type ManifestOrIndex =
  { kind: 'manifest'; manifest: Manifest } | { kind: 'index'; manifests: PlatformManifest[] }

/**
 * Reads a manifest or an index (manifest list). `mediaType` is what the referrer claims, if it does.
 * Throws IMAGE_INVALID on anything ambiguous or out of bounds.
 */
export function parseManifest(data: Buffer, mediaType?: string): ManifestOrIndex {
  const json = parseJson(data, 'manifest')
  if (own(json, 'schemaVersion') !== 2) {
    invalid('has a schema version other than 2, which Ramet cannot read; push it again with a current tool')
  }
  const layers = own(json, 'layers')
  const manifests = own(json, 'manifests')
  if (layers !== undefined && manifests !== undefined) {
    invalid('has both layers and manifests, so what it means is ambiguous')
  }
  const kind = manifests === undefined ? 'manifest' : 'index'
  const known: readonly string[] =
    kind === 'index' ? [MEDIA.ociIndex, MEDIA.dockerList] : [MEDIA.ociManifest, MEDIA.dockerManifest]
  const stated = own(json, 'mediaType')
  for (const type of [mediaType, stated]) {
    if (type !== undefined && !known.includes(type as string)) {
      invalid(`claims the type ${JSON.stringify(type)} but has the content of an image ${kind}`)
    }
  }
  if (mediaType !== undefined && stated !== undefined && mediaType !== stated) {
    invalid(`claims the type ${JSON.stringify(stated)} and is referred to as ${mediaType}`)
  }
  if (kind === 'index') return { kind, manifests: platformManifests(manifests) }
  const type = (stated ?? mediaType ?? MEDIA.ociManifest) as string
  return { kind, manifest: { mediaType: type, config: configOf(json), layers: layersOf(layers) } }
}

/** A manifest, where an index is of no use. */
export function parseImageManifest(data: Buffer, mediaType?: string): Manifest {
  const parsed = parseManifest(data, mediaType)
  if (parsed.kind !== 'manifest') invalid('is an index inside an index')
  return parsed.manifest
}

function configOf(json: JsonObject): Descriptor {
  const config = descriptor(own(json, 'config'), 'config')
  if (config.mediaType !== MEDIA.ociConfig && config.mediaType !== MEDIA.dockerConfig) {
    invalid(
      `has a config of type ${JSON.stringify(config.mediaType.slice(0, 100))}: it is no container image but some other artifact`,
    )
  }
  return config
}

function layersOf(value: unknown): Descriptor[] {
  if (!Array.isArray(value) || value.length === 0) invalid('has no layers')
  if (value.length > MAX_LAYERS) invalid(`has ${value.length} layers; at most ${MAX_LAYERS} are accepted`)
  return value.map((each: unknown) => {
    const layer = descriptor(each, 'layer')
    if (isObject(each) && own(each, 'urls') !== undefined) {
      invalid('has a layer that is kept at another address (a foreign layer), which Ramet does not fetch')
    }
    if (!LAYER_TYPES.has(layer.mediaType)) {
      invalid(
        `has a layer of the type ${JSON.stringify(layer.mediaType.slice(0, 100))}, which Ramet cannot read`,
      )
    }
    return layer
  })
}

function platformManifests(value: unknown): PlatformManifest[] {
  if (!Array.isArray(value) || value.length > MAX_LAYERS) {
    return invalid(`must list at most ${MAX_LAYERS} manifests`)
  }
  return value.map((each: unknown) => {
    const platform = isObject(each) ? own(each, 'platform') : undefined
    const field = (name: string): string => {
      const text = isObject(platform) ? own(platform, name) : undefined
      return typeof text === 'string' ? text.slice(0, 64) : ''
    }
    return { ...descriptor(each, 'manifest'), os: field('os'), architecture: field('architecture') }
  })
}

export function descriptor(value: unknown, what: string): Descriptor {
  if (!isObject(value)) return invalid(`has a ${what} that is no descriptor`)
  const mediaType = own(value, 'mediaType')
  const digest = own(value, 'digest')
  const size = own(value, 'size')
  if (typeof mediaType !== 'string') invalid(`has a ${what} without a type`)
  if (!isDigest(digest)) {
    invalid(`has a ${what} with the invalid digest ${JSON.stringify(digest ?? null).slice(0, 100)}`)
  }
  if (!Number.isSafeInteger(size) || (size as number) < 0) {
    invalid(`has a ${what} with an invalid size`)
  }
  return { mediaType: mediaType as string, digest: digest as string, size: size as number }
}

function invalid(why: string): never {
  throw new EngineError('IMAGE_INVALID', `the image's manifest ${why}`)
}
