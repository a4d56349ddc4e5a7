import { createHash, type Hash } from 'node:crypto'
import { mkdir, open, type FileHandle } from 'node:fs/promises'
import { join, posix } from 'node:path'
import type { Readable } from 'node:stream'
import type { TarEntry, TarHandler } from './tar/entry.ts'
import { invalidTar, printable } from './tar/invalid.ts'
import { TarReader } from './tar/reader.ts'
import { unpack, unpackError } from './unpack.ts'

const MAX_ENTRIES = 100_000
const MAX_LINKS = 8

export interface ArchiveFile {
  path: string
  digest: string
  /** Bytes. */
  size: number
}

type Step = { kind: 'begin'; name: string; index: number } | { kind: 'data'; chunk: Buffer } | { kind: 'end' }

/** The files of an image archive. Their names in the archive never become names on the host. */
export class ArchiveFiles implements TarHandler {
  readonly #folder: string
  readonly #files = new Map<string, ArchiveFile>()
  readonly #links = new Map<string, string>()
  /** What the reader found in the present chunk, yet to be written: its callbacks cannot wait. */
  #steps: Step[] = []
  #entries = 0
  #at = 0
  #writing: { name: string; path: string; file: FileHandle; hash: Hash; size: number } | undefined

  private constructor(folder: string) {
    this.#folder = folder
  }

  /**
   * Unpacks an archive, plain or compressed with gzip or zstd, into `folder`, in one pass with bounded memory.
   * Rejects with IMAGE_INVALID, the file system's error or the signal's reason.
   */
  static async read(
    archive: Readable,
    folder: string,
    options: { signal?: AbortSignal; onBytes?(bytes: number): void },
  ): Promise<ArchiveFiles> {
    await mkdir(folder)
    const files = new ArchiveFiles(folder)
    const reader = new TarReader(files)
    try {
      const { chunks, stored } = await unpack(archive, options.signal)
      for await (const chunk of chunks) {
        options.signal?.throwIfAborted()
        reader.push(chunk)
        await files.#write()
        options.onBytes?.(stored())
      }
      reader.end()
    } catch (error) {
      await files.#writing?.file.close()
      options.signal?.throwIfAborted()
      throw unpackError(error)
    }
    return files
  }

  /** By its name in the archive; links are followed. */
  get(name: string): ArchiveFile | undefined {
    let at = clean(name)
    for (let hops = 0; hops <= MAX_LINKS && at !== undefined; hops++) {
      const file = this.#files.get(at)
      if (file) return file
      at = this.#links.get(at)
    }
    return undefined
  }

  entry(entry: TarEntry): void {
    if (++this.#entries > MAX_ENTRIES) invalidTar(`the archive has more than ${MAX_ENTRIES} entries`)
    const name =
      clean(entry.path) ?? invalidTar(`the archive's entry ${printable(entry.path)} leads out of it`)
    this.#at = 0
    if (entry.type === 'file') this.#steps.push({ kind: 'begin', name, index: this.#entries })
    else if (entry.type === 'link') this.#addLink(name, entry.link)
    else if (entry.type === 'symlink') this.#addLink(name, posix.join(posix.dirname(name), entry.link))
  }

  data(chunk: Buffer, offset: number): void {
    if (offset !== this.#at) invalidTar('the archive holds sparse files; save the image again without them')
    this.#at += chunk.length
    this.#steps.push({ kind: 'data', chunk })
  }

  end(): void {
    this.#steps.push({ kind: 'end' })
  }

  #addLink(name: string, target: string): void {
    const to = clean(target)
    if (to === undefined) invalidTar(`the archive's link ${printable(name)} leads out of it`)
    this.#links.set(name, to!)
  }

  async #write(): Promise<void> {
    const steps = this.#steps
    this.#steps = []
    for (const step of steps) {
      if (step.kind === 'begin') {
        const path = join(this.#folder, String(step.index))
        const file = await open(path, 'wx', 0o600)
        this.#writing = { name: step.name, path, file, hash: createHash('sha256'), size: 0 }
      } else if (step.kind === 'data') await this.#append(step.chunk)
      else await this.#close()
    }
  }

  async #append(chunk: Buffer): Promise<void> {
    const writing = this.#writing!
    writing.hash.update(chunk)
    for (let at = 0; at < chunk.length;) at += (await writing.file.write(chunk, at)).bytesWritten
    writing.size += chunk.length
  }

  async #close(): Promise<void> {
    if (!this.#writing) return
    const { name, path, file, hash, size } = this.#writing
    this.#writing = undefined
    await file.close()
    this.#links.delete(name)
    this.#files.set(name, { path, digest: `sha256:${hash.digest('hex')}`, size })
  }
}

/** A name without `.` and `..`; undefined where it leads out. */
function clean(name: string): string | undefined {
  const path = posix.normalize(name).replace(/^\/+/, '').replace(/\/+$/, '')
  return path === '..' || path.startsWith('../') || path.includes('\0') ? undefined : path
}
