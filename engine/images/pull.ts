import { link, mkdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { EngineError } from '../../contract/errors.ts'
import { shortId } from '../../contract/names.ts'
import type { Delivery, ProgressOptions } from './delivery.ts'
import { digestOf, hexOf } from './digest.ts'
import { DownloadProgress } from './download-progress.ts'
import { parseManifest, type Descriptor, type ManifestOrIndex } from './manifest.ts'
import type { OciLayout } from './oci-layout.ts'
import { choosePlatform, hostPlatform } from './platform.ts'
import { canonical, familiar, repository, type Reference } from './reference.ts'
import { copyBlobs, inspectRaw, type Access } from './skopeo.ts'
import { joinImage, type StoredImage } from './stored-image.ts'

interface PullJob extends ProgressOptions {
  reference: Reference
  /** `os/architecture`; this machine's where it is left out. */
  platform?: string
  access: Access
  layout: OciLayout
  /** A work folder on the store's file system. */
  folder: string
}

/**
 * Fetches what of an image the store lacks. Every request but the first names a digest, so that a tag that moves
 * meanwhile cannot mix two images. Layers are verified by the caller.
 */
export async function pull(job: PullJob): Promise<Delivery> {
  const { reference, folder } = job
  const name = canonical(reference)
  const top = await inspectRaw(name, job.access, job)
  const topDigest = digestOf(top)
  if (reference.digest) mustBe(topDigest, reference.digest, name)
  const { data, descriptor } = await chooseManifest(job, top)
  const blobs = join(folder, 'blobs')
  await mkdir(join(blobs, 'sha256'), { recursive: true })
  const fileOf = (digest: string): string => join(blobs, 'sha256', hexOf(digest))

  await writeFile(fileOf(descriptor.digest), data)
  const pinned = `${repository(reference)}@${descriptor.digest}`
  const config = await fetchConfig(job, pinned, parseManifest(data, descriptor.mediaType))
  const image = joinImage(descriptor, data, config)
  checkPlatform(job, image)
  await writeFile(fileOf(image.id), config)
  await fetchLayers(job, pinned, { image, blobs, fileOf })

  const digests = [descriptor.digest, image.id, ...image.manifest.layers.map(({ digest }) => digest)]
  const names = [`${repository(reference)}@${topDigest}`]
  if (reference.tag && !reference.digest) names.unshift(name)
  return { images: [{ image, names }], files: new Map(digests.map((digest) => [digest, fileOf(digest)])) }
}

async function chooseManifest(job: PullJob, top: Buffer): Promise<{ data: Buffer; descriptor: Descriptor }> {
  const parsed = parseManifest(top)
  if (parsed.kind === 'manifest') {
    const { mediaType } = parsed.manifest
    return { data: top, descriptor: { mediaType, digest: digestOf(top), size: top.length } }
  }
  const name = canonical(job.reference)
  const { mediaType, digest, size } = choosePlatform(parsed.manifests, job.platform ?? hostPlatform(), name)
  const data = await inspectRaw(`${repository(job.reference)}@${digest}`, job.access, job)
  mustBe(digestOf(data), digest, name)
  return { data, descriptor: { mediaType, digest, size } }
}

async function fetchConfig(job: PullJob, pinned: string, parsed: ManifestOrIndex): Promise<Buffer> {
  if (parsed.kind !== 'manifest') {
    throw new EngineError('IMAGE_INVALID', `${pinned} is an index inside an index, which no client can run`)
  }
  const { config } = parsed.manifest
  if (await job.layout.hasBlob(config)) {
    const present = await job.layout.readJsonBlob(config).catch(() => undefined)
    if (present) return present
  }
  const data = await inspectRaw(pinned, job.access, { ...job, config: true })
  mustBe(digestOf(data), config.digest, pinned)
  return data
}

interface Target {
  image: StoredImage
  blobs: string
  fileOf(digest: string): string
}

async function fetchLayers(job: PullJob, pinned: string, { image, blobs, fileOf }: Target): Promise<void> {
  const { layout, access, signal, onProgress = () => {} } = job
  const layers = [...new Map(image.manifest.layers.map((layer) => [layer.digest, layer])).values()]
  const missing = []
  for (const layer of layers) {
    const id = shortId(layer.digest)
    // A link keeps the layer at hand, whatever is removed from the store meanwhile.
    if (await layout.hasBlob(layer)) {
      await link(layout.blobPath(layer.digest), fileOf(layer.digest))
      onProgress({ status: 'Already exists', progressDetail: {}, id })
    } else {
      missing.push(layer)
      onProgress({ status: 'Pulling fs layer', progressDetail: {}, id })
    }
  }
  if (missing.length === 0) return
  const scratch = join(job.folder, 'oci')
  using progress = new DownloadProgress({ scratch, blobs, layers: missing, onProgress })
  const limits = AbortSignal.any([progress.stalled, ...(signal ? [signal] : [])])
  await copyBlobs(pinned, access, { scratch, blobs }, limits)
  await progress.finish()
  for (const { digest, size } of missing) {
    const found = await stat(fileOf(digest)).catch(() => undefined)
    if (found?.size === size) continue
    throw new EngineError(
      'DIGEST_MISMATCH',
      `layer ${shortId(digest)} of ${pinned} has ${found?.size ?? 0} bytes where the manifest promises ${size}; try again`,
    )
  }
}

/** Only what was asked for by name or by default is checked: an image of another machine cannot run here. */
function checkPlatform({ platform = hostPlatform(), reference }: PullJob, { config }: StoredImage): void {
  const has = `${config.os}/${config.architecture}`
  const [os, architecture] = platform.split('/')
  if (!config.os || !config.architecture || (config.os === os && config.architecture === architecture)) return
  const name = familiar(canonical(reference))
  throw new EngineError(
    'NOT_SUPPORTED',
    `${name} is made for ${has}, not for ${platform}; choose another tag`,
  )
}

function mustBe(found: string, wanted: string, name: string): void {
  if (found === wanted) return
  throw new EngineError(
    'DIGEST_MISMATCH',
    `the registry sent ${shortId(found)} where ${name} names ${shortId(wanted)}; nothing was kept, try again`,
  )
}
