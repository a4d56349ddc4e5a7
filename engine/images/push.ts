import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { EngineError } from '../../contract/errors.ts'
import { splitReference } from '../../contract/names.ts'
import type { Catalog } from './catalog.ts'
import type { ProgressOptions } from './delivery.ts'
import { MEDIA } from './manifest.ts'
import { canonical, familiar, parseReference, repository } from './reference.ts'
import { copyToRegistry, type Access } from './skopeo.ts'
import type { StoredImage } from './stored-image.ts'
import { UploadProgress } from './upload-progress.ts'

/** An image and the name (in full, with its tag) under which it goes to its registry. */
export interface PushedImage {
  image: StoredImage
  name: string
}

/**
 * What is pushed for a name: the image of `tag` or of the tag in the name; without either, every tag of the repository.
 * Throws IMAGE_NOT_FOUND, or INVALID_ARGUMENT for a digest.
 */
export function pushedImages(catalog: Catalog, name: string, tag?: string): PushedImage[] {
  const tagged = splitReference(name).tag !== ''
  const reference = parseReference(tag === undefined || tagged ? name : `${name}:${tag}`)
  if (reference.digest) {
    throw new EngineError('INVALID_ARGUMENT', `cannot push ${name} by its digest; give name:tag`)
  }
  const wanted = canonical(reference)
  const all = tag === undefined && !tagged
  const isWanted = (each: string): boolean =>
    all ? !each.includes('@') && repository(parseReference(each)) === repository(reference) : each === wanted
  const found = catalog.images().flatMap((image) =>
    catalog
      .names(image.id)
      .filter(isWanted)
      .map((each) => ({ image, name: each })),
  )
  if (found.length > 0) return found
  const asked = familiar(all ? repository(reference) : wanted)
  throw new EngineError(
    'IMAGE_NOT_FOUND',
    `no such image: ${asked}; give an image this name first with \`ramet tag IMAGE ${asked}\``,
  )
}

/**
 * Sends one image to its registry, just as it is: the same digests, the same id. `folder` is an OCI layout that has its
 * blobs. Rejects as pushError says.
 */
export async function push(
  { image, name }: PushedImage,
  { folder, access, signal, onProgress = () => {} }: ProgressOptions & { folder: string; access: Access },
): Promise<void> {
  await writeFile(join(folder, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }))
  const index = { schemaVersion: 2, mediaType: MEDIA.ociIndex, manifests: [image.descriptor] }
  await writeFile(join(folder, 'index.json'), JSON.stringify(index))
  using progress = new UploadProgress({ layers: image.manifest.layers, onProgress })
  await copyToRegistry(folder, name, access, { signal, onStart: (pid) => progress.watch(pid) })
  progress.finish()
  const { digest, size } = image.descriptor
  const { tag } = parseReference(name)
  onProgress({ status: `${tag}: digest: ${digest} size: ${size}` })
  onProgress({ progressDetail: {}, aux: { Tag: tag, Digest: digest, Size: size } })
}
