import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { ProgressMessage } from '../../contract/docker.ts'
import { EngineError } from '../../contract/errors.ts'
import { shortId } from '../../contract/names.ts'
import { hexOf } from './digest.ts'
import type { Descriptor } from './manifest.ts'

const LOOK_MS = 250
/** A download that brings less than this in this time is given up: some registries answer and then say no more. */
const LEAST_BYTES = 64 * 1024
const PATIENCE_MS = 120_000

interface Watched {
  /** Where skopeo keeps what it has begun. */
  scratch: string
  /** Where each finished blob appears. */
  blobs: string
  layers: Descriptor[]
  onProgress(message: ProgressMessage): void
}

/**
 * Tells of growing blobs in Docker's words until it is disposed of. skopeo's unfinished files have random names; it
 * begins layers in the manifest's order, so by age each is taken for the next unfinished layer.
 */
export class DownloadProgress implements Disposable {
  readonly #watched: Watched
  readonly #pending: Descriptor[]
  readonly #timer: NodeJS.Timeout
  readonly #stalled = new AbortController()
  #finished = 0
  #counted = 0
  #countedAt = Date.now()
  #looking = false

  constructor(watched: Watched) {
    this.#watched = watched
    this.#pending = [...watched.layers]
    this.#timer = setInterval(() => void this.#look(), LOOK_MS)
  }

  /** Aborts, with an error for people, when next to nothing comes any more. */
  get stalled(): AbortSignal {
    return this.#stalled.signal
  }

  /** Tells of what finished since the last look. */
  async finish(): Promise<void> {
    clearInterval(this.#timer)
    await this.#countFinished()
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }

  async #look(): Promise<void> {
    if (this.#looking) return
    this.#looking = true
    try {
      await this.#countFinished()
      const sizes = await unfinished(this.#watched.scratch)
      for (const [index, layer] of this.#pending.entries()) {
        const size = sizes[index]
        if (size) this.#tell('Downloading', layer, Math.min(size, layer.size))
      }
      this.#judge(sizes.reduce((sum, size) => sum + size, this.#finished))
    } finally {
      this.#looking = false
    }
  }

  async #countFinished(): Promise<void> {
    for (const layer of [...this.#pending]) {
      if (!(await stat(join(this.#watched.blobs, 'sha256', hexOf(layer.digest))).catch(() => undefined)))
        continue
      // The last look may still be under way, and have counted it.
      const at = this.#pending.indexOf(layer)
      if (at < 0) continue
      this.#pending.splice(at, 1)
      this.#finished += layer.size
      this.#tell('Download complete', layer)
    }
  }

  #judge(bytes: number): void {
    const now = Date.now()
    if (bytes - this.#counted >= LEAST_BYTES || this.#pending.length === 0) {
      this.#counted = bytes
      this.#countedAt = now
    } else if (now - this.#countedAt > PATIENCE_MS) {
      const why = `the registry sent next to nothing for ${PATIENCE_MS / 1000} seconds; try again`
      this.#stalled.abort(new EngineError('REGISTRY_UNREACHABLE', why))
    }
  }

  #tell(status: string, layer: Descriptor, current?: number): void {
    const progressDetail = current === undefined ? {} : { current, total: layer.size }
    this.#watched.onProgress({ status, progressDetail, id: shortId(layer.digest) })
  }
}

/** Sizes of the files that skopeo is writing, oldest first. */
async function unfinished(folder: string): Promise<number[]> {
  const files = []
  for (const name of await readdir(folder).catch(() => [])) {
    if (!name.startsWith('oci-put-blob')) continue
    const found = await stat(join(folder, name)).catch(() => undefined)
    if (found) files.push(found)
  }
  return files.sort((a, b) => a.birthtimeMs - b.birthtimeMs).map(({ size }) => size)
}
