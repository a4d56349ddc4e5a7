import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { EngineError } from '../../contract/errors.ts'
import { shortId } from '../../contract/names.ts'
import type { ArchiveFile, ArchiveFiles } from './archive-files.ts'
import type { Delivery } from './delivery.ts'
import { dockerImages } from './docker-archive.ts'
import { digestOf, hexOf } from './digest.ts'
import { isObject, own, parseJson, type JsonObject } from './json.ts'
import { descriptor, parseManifest, type Descriptor } from './manifest.ts'
import { readChecked } from './oci-layout.ts'
import { choosePlatform, hostPlatform } from './platform.ts'
import { canonical, parseReference } from './reference.ts'
import { joinImage, blobsOf } from './stored-image.ts'

/**
 * Finds the images of an unpacked archive: an OCI layout, or what `docker save` wrote before it was one. What a layer's
 * DiffID promises is checked by the caller. Rejects with IMAGE_INVALID or DIGEST_MISMATCH.
 */
export async function readArchive(files: ArchiveFiles, folder: string): Promise<Delivery> {
  if (files.get('oci-layout') && files.get('index.json')) return ociImages(files)
  if (files.get('manifest.json')) {
    return dockerImages(files, async (data) => {
      const path = join(folder, hexOf(digestOf(data)))
      await writeFile(path, data)
      return path
    })
  }
  throw new EngineError(
    'IMAGE_INVALID',
    'the archive holds no image: neither index.json nor manifest.json is in it; make it with `docker save` or `skopeo copy`',
  )
}

async function ociImages(files: ArchiveFiles): Promise<Delivery> {
  const index = parseJson(await readFile(files.get('index.json')!.path), 'index')
  const rows = own(index, 'manifests')
  if (!Array.isArray(rows) || rows.length === 0) {
    throw new EngineError('IMAGE_INVALID', "the archive's index.json lists no images")
  }
  const delivery: Delivery = { images: [], files: new Map() }
  for (const row of rows as unknown[]) {
    const chosen = await chooseManifest(files, descriptor(row, 'manifest'))
    const data = await readChecked(blob(files, chosen).path, chosen)
    const parsed = parseManifest(data, chosen.mediaType)
    if (parsed.kind !== 'manifest')
      throw new EngineError('IMAGE_INVALID', 'the archive has an index inside an index')
    const config = await readChecked(blob(files, parsed.manifest.config).path, parsed.manifest.config)
    const image = joinImage(chosen, data, config)
    for (const each of blobsOf(image)) delivery.files.set(each.digest, blob(files, each).path)
    delivery.images.push({ image, names: namesOf(row as JsonObject) })
  }
  return delivery
}

/** Of an index only what the archive holds counts: `docker save` leaves other platforms out. */
async function chooseManifest(files: ArchiveFiles, top: Descriptor): Promise<Descriptor> {
  const parsed = parseManifest(await readChecked(blob(files, top).path, top), top.mediaType)
  if (parsed.kind === 'manifest') return top
  const present = parsed.manifests.filter(({ digest }) => files.get(blobName(digest)))
  const { mediaType, digest, size } = choosePlatform(present, hostPlatform(), 'the image in the archive')
  return { mediaType, digest, size }
}

function blob(files: ArchiveFiles, { digest, size }: Descriptor): ArchiveFile {
  const found = files.get(blobName(digest))
  if (!found)
    throw new EngineError('IMAGE_INVALID', `the archive lacks blob ${shortId(digest)}; save the image again`)
  if (found.digest === digest && found.size === size) return found
  throw new EngineError(
    'DIGEST_MISMATCH',
    `blob ${shortId(digest)} of the archive has ${found.size} bytes with digest ${shortId(found.digest)} instead of ` +
      `${size} bytes; save the image again`,
  )
}

const blobName = (digest: string): string => `blobs/sha256/${hexOf(digest)}`

/** A ref.name that is a bare tag (as builders write) names no image; containerd and Docker add the whole name. */
function namesOf(row: JsonObject): string[] {
  const annotations = own(row, 'annotations')
  if (!isObject(annotations)) return []
  const text =
    own(annotations, 'io.containerd.image.name') ?? own(annotations, 'org.opencontainers.image.ref.name')
  return typeof text === 'string' && /[:/]/.test(text) ? [canonical(parseReference(text))] : []
}
