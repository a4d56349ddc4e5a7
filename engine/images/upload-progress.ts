import { readdir, readFile, readlink } from 'node:fs/promises'
import { basename } from 'node:path'
import type { ProgressMessage } from '../../contract/docker.ts'
import { shortId } from '../../contract/names.ts'
import { hexOf } from './digest.ts'
import type { Descriptor } from './manifest.ts'

const LOOK_MS = 250

interface Watched {
  layers: Descriptor[]
  onProgress(message: ProgressMessage): void
}

/**
 * Tells of a push in Docker's words until it is disposed of. skopeo says nothing of how far it is: how far it has read
 * into each layer's file is what the kernel knows.
 */
export class UploadProgress implements Disposable {
  readonly #layers: Map<string, Descriptor>
  readonly #onProgress: Watched['onProgress']
  #timer: NodeJS.Timeout | undefined

  constructor({ layers, onProgress }: Watched) {
    this.#layers = new Map(layers.map((layer) => [hexOf(layer.digest), layer]))
    this.#onProgress = onProgress
    for (const layer of this.#layers.values()) this.#tell('Preparing', layer)
  }

  /** Looks at the files that this process has open. */
  watch(pid: number): void {
    this.#timer = setInterval(() => void this.#look(pid), LOOK_MS)
  }

  finish(): void {
    this[Symbol.dispose]()
    for (const layer of this.#layers.values()) this.#tell('Pushed', layer)
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }

  /** What cannot be read belongs to a file that was closed, or to a process that has ended. */
  async #look(pid: number): Promise<void> {
    for (const fd of await readdir(`/proc/${pid}/fd`).catch(() => [])) {
      const path = await readlink(`/proc/${pid}/fd/${fd}`).catch(() => '')
      const layer = this.#layers.get(basename(path))
      if (!layer) continue
      const text = await readFile(`/proc/${pid}/fdinfo/${fd}`, 'utf8').catch(() => '')
      const read = Number(/^pos:\s*(\d+)/.exec(text)?.[1] ?? 0)
      if (read > 0) this.#tell('Pushing', layer, Math.min(read, layer.size))
    }
  }

  #tell(status: string, layer: Descriptor, current?: number): void {
    const progressDetail = current === undefined ? {} : { current, total: layer.size }
    this.#onProgress({ status, progressDetail, id: shortId(layer.digest) })
  }
}
