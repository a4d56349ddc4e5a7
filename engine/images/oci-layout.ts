import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { EngineError } from '../../contract/errors.ts'
import { digestOf, hexOf } from './digest.ts'
import { isObject, MAX_JSON_BYTES, own, parseJson } from './json.ts'
import { descriptor, MEDIA, type Descriptor } from './manifest.ts'

const REF_NAME = 'org.opencontainers.image.ref.name'
const LAYOUT = JSON.stringify({ imageLayoutVersion: '1.0.0' })

/** One row of index.json: a manifest, and a name that leads to it (in full, with tag or digest), if any. */
export interface IndexEntry {
  manifest: Descriptor
  name?: string
}

/** An OCI image layout on disk. Its index.json is the only truth about which images there are. */
export class OciLayout {
  readonly folder: string
  readonly #blobs: string

  constructor(folder: string) {
    this.folder = folder
    this.#blobs = join(folder, 'blobs', 'sha256')
  }

  /** Makes the folders where they lack, and removes what a killed engine left half written. */
  async create(): Promise<void> {
    await mkdir(this.#blobs, { recursive: true, mode: 0o700 })
    for (const name of ['oci-layout.new', 'index.json.new'])
      await rm(join(this.folder, name), { force: true })
    const present = await readFile(join(this.folder, 'oci-layout'), 'utf8').catch(() => undefined)
    if (present === undefined) await this.#replace('oci-layout', LAYOUT)
  }

  blobPath(digest: string): string {
    return join(this.#blobs, hexOf(digest))
  }

  /** True where a blob of this digest and length is there; its content was checked when it was adopted. */
  async hasBlob({ digest, size }: Descriptor): Promise<boolean> {
    const found = await stat(this.blobPath(digest)).catch(() => undefined)
    return found?.isFile() === true && found.size === size
  }

  /** A manifest or config, checked against its descriptor. Rejects with IMAGE_INVALID or DIGEST_MISMATCH. */
  readJsonBlob(blob: Descriptor): Promise<Buffer> {
    return readChecked(this.blobPath(blob.digest), blob)
  }

  /** Takes a verified file over, on disk when this resolves. The file may be a hard link to the blob itself. */
  async adopt(file: string, digest: string): Promise<void> {
    await sync(file)
    await rename(file, this.blobPath(digest))
  }

  /** Rejects with IMAGE_INVALID where the index cannot be understood: nothing is guessed or thrown away. */
  async readIndex(): Promise<IndexEntry[]> {
    const path = join(this.folder, 'index.json')
    const data = await readFile(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined
      throw error
    })
    if (!data) return []
    try {
      const rows = own(parseJson(data, 'index'), 'manifests')
      if (!Array.isArray(rows)) throw new Error('it lists no manifests')
      return rows.map(indexEntry)
    } catch (error) {
      const why = (error as Error).message
      throw new EngineError(
        'IMAGE_INVALID',
        `cannot read the image store's ${path}: ${why}; mend it, or move it away to begin with no images`,
        { cause: error },
      )
    }
  }

  /** Replaces the index, in one step and on disk when this resolves. */
  async writeIndex(entries: IndexEntry[]): Promise<void> {
    await sync(this.#blobs)
    const manifests = entries.map(({ manifest, name }) => ({
      ...manifest,
      ...(name && { annotations: { [REF_NAME]: name } }),
    }))
    await this.#replace(
      'index.json',
      JSON.stringify({ schemaVersion: 2, mediaType: MEDIA.ociIndex, manifests }, undefined, 2),
    )
  }

  /** Removes blobs that are not among these digests. */
  async sweepBlobs(keep: ReadonlySet<string>): Promise<void> {
    for (const name of await readdir(this.#blobs)) {
      if (!keep.has(`sha256:${name}`)) await rm(join(this.#blobs, name), { recursive: true, force: true })
    }
  }

  async #replace(name: string, text: string): Promise<void> {
    const next = join(this.folder, `${name}.new`)
    try {
      {
        await using file = await open(next, 'w', 0o600)
        await file.writeFile(text)
        await file.sync()
      }
      await rename(next, join(this.folder, name))
    } catch (error) {
      await rm(next, { force: true })
      throw error
    }
    await sync(this.folder)
  }
}

/** Reads a small blob and checks length and digest. Rejects with IMAGE_INVALID or DIGEST_MISMATCH. */
export async function readChecked(path: string, blob: Descriptor): Promise<Buffer> {
  if (blob.size > MAX_JSON_BYTES) {
    throw new EngineError(
      'IMAGE_INVALID',
      `the image's manifest or config has ${blob.size} bytes; at most ${MAX_JSON_BYTES} are accepted`,
    )
  }
  const data = await readFile(path)
  if (data.length !== blob.size || digestOf(data) !== blob.digest) {
    throw new EngineError(
      'DIGEST_MISMATCH',
      `blob ${blob.digest} is not what it was: its length or digest is wrong; pull or load the image again`,
    )
  }
  return data
}

function indexEntry(row: unknown): IndexEntry {
  const manifest = descriptor(row, 'manifest')
  const annotations = isObject(row) ? own(row, 'annotations') : undefined
  const name = isObject(annotations) ? own(annotations, REF_NAME) : undefined
  return typeof name === 'string' ? { manifest, name } : { manifest }
}

/** Resolves once a file, or a folder's list of names, is on disk. */
export async function sync(path: string): Promise<void> {
  await using file = await open(path)
  await file.sync()
}
