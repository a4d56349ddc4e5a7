import { open, readFile } from 'node:fs/promises'
import { EngineError } from '../../contract/errors.ts'
import type { ArchiveFile, ArchiveFiles } from './archive-files.ts'
import type { Delivery } from './delivery.ts'
import { digestOf } from './digest.ts'
import { isObject, MAX_JSON_BYTES, own, type JsonObject } from './json.ts'
import { compressionOf } from './layers/compression.ts'
import { MEDIA, type Descriptor } from './manifest.ts'
import { printable } from './tar/invalid.ts'
import { canonical, parseReference } from './reference.ts'
import { joinImage } from './stored-image.ts'

/** Reads what `docker save` writes: configs and unpacked layers, listed in manifest.json. `keep` makes a file of a new manifest. */
export async function dockerImages(
  files: ArchiveFiles,
  keep: (manifest: Buffer) => Promise<string>,
): Promise<Delivery> {
  const delivery: Delivery = { images: [], files: new Map() }
  for (const row of await rowsOf(files.get('manifest.json')!)) {
    const config = member(files, own(row, 'Config'))
    const listed = own(row, 'Layers')
    if (!Array.isArray(listed)) return invalid('has an image without a list of Layers in its manifest.json')
    const layers = listed.map((name: unknown) => member(files, name))
    // There never was a manifest: this one is made the same way each time, so that its digest is stable.
    const manifest = Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: MEDIA.ociManifest,
        config: descriptorOf(config, MEDIA.ociConfig),
        layers: await Promise.all(
          layers.map(async (layer) => descriptorOf(layer, await layerType(layer.path))),
        ),
      }),
    )
    const descriptor = { mediaType: MEDIA.ociManifest, digest: digestOf(manifest), size: manifest.length }
    const image = joinImage(descriptor, manifest, await readJson(config))
    delivery.files.set(descriptor.digest, await keep(manifest))
    for (const file of [config, ...layers]) delivery.files.set(file.digest, file.path)
    delivery.images.push({ image, names: namesOf(own(row, 'RepoTags')) })
  }
  return delivery
}

async function rowsOf(file: ArchiveFile): Promise<JsonObject[]> {
  let rows: unknown
  try {
    rows = JSON.parse((await readJson(file)).toString('utf8'))
  } catch (error) {
    if (error instanceof EngineError) throw error
    return invalid('has a manifest.json that is not valid JSON')
  }
  if (!Array.isArray(rows) || rows.length === 0 || !rows.every(isObject)) {
    return invalid('has a manifest.json that lists no images')
  }
  return rows
}

async function readJson(file: ArchiveFile): Promise<Buffer> {
  if (file.size > MAX_JSON_BYTES) {
    invalid(`has a manifest or config of ${file.size} bytes; at most ${MAX_JSON_BYTES} are accepted`)
  }
  return readFile(file.path)
}

function member(files: ArchiveFiles, name: unknown): ArchiveFile {
  if (typeof name !== 'string') return invalid('has a manifest.json with a file that has no name')
  return (
    files.get(name) ??
    invalid(`lacks ${printable(name)}, which its manifest.json names; save the image again`)
  )
}

const descriptorOf = ({ digest, size }: ArchiveFile, mediaType: string): Descriptor => ({
  mediaType,
  digest,
  size,
})

async function layerType(path: string): Promise<string> {
  await using file = await open(path)
  const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0)
  const compression = compressionOf(buffer.subarray(0, bytesRead))
  return `application/vnd.oci.image.layer.v1.tar${compression === 'none' ? '' : `+${compression}`}`
}

function namesOf(tags: unknown): string[] {
  if (tags === undefined || tags === null) return []
  if (!Array.isArray(tags)) return invalid('has RepoTags that are no list')
  return tags.map((tag: unknown) => canonical(parseReference(String(tag))))
}

function invalid(why: string): never {
  throw new EngineError('IMAGE_INVALID', `the archive ${why}`)
}
