import { createReadStream } from 'node:fs'
import { EngineError } from '../../contract/errors.ts'
import { shortId } from '../../contract/names.ts'
import type { Catalog } from './catalog.ts'
import { hexOf } from './digest.ts'
import { MEDIA, type Descriptor } from './manifest.ts'
import { familiar, parseReference } from './reference.ts'
import { blobsOf, type StoredImage } from './stored-image.ts'
import { endMark, fileHeader, folderHeader, padding } from './tar/writer.ts'

/** An image that goes into an archive, with the names that it has there (in full, none of them a digest). */
export interface SavedImage {
  image: StoredImage
  names: string[]
}

/**
 * What these words ask for: by its name an image has that name in the archive, by its id all its tags. Throws what
 * `catalog.find` throws.
 */
export function savedImages(catalog: Catalog, words: string[]): SavedImage[] {
  const saved = new Map<string, SavedImage>()
  for (const { image, name } of words.map((word) => catalog.find(word))) {
    const tags = catalog.names(image.id).filter((each) => !each.includes('@'))
    const names = tags.filter((tag) => name === undefined || name === tag)
    const before = saved.get(image.id)?.names ?? []
    saved.set(image.id, { image, names: [...new Set([...before, ...names])] })
  }
  return [...saved.values()]
}

/**
 * A tar archive of images, as a stream of chunks: an OCI layout, and beside it the manifest.json by which docker and
 * others that know no layouts find the same blobs. Layers are as stored, mostly compressed, which all of them accept.
 * Rejects with the file system's error, or IMAGE_INVALID where a blob has another length than it should.
 */
export async function* saveArchive(
  images: SavedImage[],
  pathOf: (digest: string) => string,
): AsyncGenerator<Buffer> {
  yield* text('oci-layout', { imageLayoutVersion: '1.0.0' })
  yield* text('index.json', ociIndex(images))
  yield* text('manifest.json', images.map(dockerRow))
  // Folders without an entry skopeo gives to root, which only root may.
  for (const path of ['blobs', 'blobs/sha256']) yield folderHeader(path)
  const blobs = images.flatMap(({ image }) => blobsOf(image))
  for (const blob of new Map(blobs.map((each) => [each.digest, each])).values()) {
    yield* file(blob, pathOf(blob.digest))
  }
  yield endMark()
}

/** One row a name, and one without for an image that goes nameless. */
function ociIndex(images: SavedImage[]): object {
  const manifests = images.flatMap(({ image: { descriptor }, names }) =>
    names.length === 0
      ? [descriptor]
      : names.map((name) => ({
          ...descriptor,
          annotations: {
            'io.containerd.image.name': name,
            'org.opencontainers.image.ref.name': parseReference(name).tag,
          },
        })),
  )
  return { schemaVersion: 2, mediaType: MEDIA.ociIndex, manifests }
}

function dockerRow({ image: { manifest }, names }: SavedImage): object {
  return {
    Config: blobName(manifest.config),
    RepoTags: names.length > 0 ? names.map(familiar) : null,
    Layers: manifest.layers.map(blobName),
  }
}

const blobName = ({ digest }: Descriptor): string => `blobs/sha256/${hexOf(digest)}`

function* text(path: string, value: unknown): Generator<Buffer> {
  const data = Buffer.from(JSON.stringify(value))
  yield fileHeader(path, data.length)
  yield Buffer.concat([data, padding(data.length)])
}

async function* file(blob: Descriptor, path: string): AsyncGenerator<Buffer> {
  yield fileHeader(blobName(blob), blob.size)
  let bytes = 0
  for await (const chunk of createReadStream(path, { highWaterMark: 256 * 1024 })) {
    bytes += (chunk as Buffer).length
    if (bytes > blob.size) break
    yield chunk as Buffer
  }
  if (bytes !== blob.size) {
    throw new EngineError(
      'IMAGE_INVALID',
      `blob ${shortId(blob.digest)} is not as long as it was; pull or load the image again`,
    )
  }
  yield padding(blob.size)
}
