import { statSync } from 'node:fs'
import { link, mkdir, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { ErofsImage } from '../../contract/image.ts'
import { shortId } from '../../contract/names.ts'
import type { ProgressOptions } from './delivery.ts'
import { hexOf } from './digest.ts'
import { storeError } from './failures.ts'
import type { LayerBlob } from './layers/decompress.ts'
import { sync } from './oci-layout.ts'
import { runWorker } from './run-worker.ts'
import { makeWorkFolder } from './work-folder.ts'

/** A change of what the converter writes changes this, and with it the name of every file. */
const FORMAT = 1

interface Conversion {
  result: Promise<ErofsImage>
  abort: AbortController
  askers: Set<ProgressOptions>
}

/** The images as erofs files, made when first asked for; each is published by one rename, and never changed. */
export class ErofsCache {
  readonly #folder: string
  readonly #workParent: string
  readonly #running = new Map<string, Conversion>()

  constructor(folder: string, workParent: string) {
    this.#folder = folder
    this.#workParent = workParent
  }

  /**
   * The image's file; converts its layers (lowest first) where it is not there yet. However many ask, one conversion
   * runs; it is given up when the last of them is aborted. Rejects with the converter's errors or DISK_FULL.
   */
  async get(id: string, layers: LayerBlob[], asker: ProgressOptions = {}): Promise<ErofsImage> {
    asker.signal?.throwIfAborted()
    const path = join(this.#folder, fileName(id))
    let conversion = this.#running.get(id)
    if (!conversion) {
      // Not awaited, so that nothing is published between the look and the start.
      const found = statSync(path, { throwIfNoEntry: false })
      if (found) return { path, bytes: found.size }
      conversion = this.#start(id, path, layers)
    }
    conversion.askers.add(asker)
    return this.#wait(id, conversion, asker)
  }

  /** Bytes on disk of the files of these images, by id, of a shared one its part; those that have none are left out. */
  async sizes(ids: string[]): Promise<Map<string, number>> {
    const sizes = new Map<string, number>()
    for (const id of ids) {
      const found = await stat(join(this.#folder, fileName(id))).catch(() => undefined)
      if (found) sizes.set(id, Math.round((found.blocks * 512) / found.nlink))
    }
    return sizes
  }

  /** Gives the file of one image to another of the same layers: VMs of both share its pages. */
  async share(from: ErofsImage, id: string): Promise<void> {
    await link(from.path, join(this.#folder, fileName(id)))
    await sync(this.#folder)
  }

  async remove(id: string): Promise<void> {
    const conversion = this.#running.get(id)
    if (conversion) await this.#giveUp(id, conversion)
    await rm(join(this.#folder, fileName(id)), { force: true })
  }

  /** Removes the files of images that are no more, and of older formats. */
  async sweep(ids: string[]): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    const keep = new Set(ids.map(fileName))
    for (const name of await readdir(this.#folder)) {
      if (!keep.has(name)) await rm(join(this.#folder, name), { recursive: true, force: true })
    }
  }

  #start(id: string, path: string, layers: LayerBlob[]): Conversion {
    const abort = new AbortController()
    const askers = new Set<ProgressOptions>()
    const result = this.#convert({ id, path, layers, signal: abort.signal, askers })
    const conversion = { result, abort, askers }
    this.#running.set(id, conversion)
    const ended = (): void => this.#forget(id, conversion)
    result.then(ended, ended)
    return conversion
  }

  async #wait(id: string, conversion: Conversion, asker: ProgressOptions): Promise<ErofsImage> {
    const { signal } = asker
    let stop = (): void => {}
    const aborted = new Promise<never>((_, reject) => {
      stop = () => reject(signal!.reason as Error)
      signal?.addEventListener('abort', stop, { once: true })
    })
    try {
      return await Promise.race([conversion.result, aborted])
    } finally {
      signal?.removeEventListener('abort', stop)
      conversion.askers.delete(asker)
      if (signal?.aborted && conversion.askers.size === 0) await this.#giveUp(id, conversion)
    }
  }

  async #giveUp(id: string, conversion: Conversion): Promise<void> {
    // Whoever asks from now on gets a conversion of its own.
    this.#forget(id, conversion)
    conversion.abort.abort()
    await conversion.result.catch(() => {})
  }

  #forget(id: string, conversion: Conversion): void {
    if (this.#running.get(id) === conversion) this.#running.delete(id)
  }

  async #convert(job: {
    id: string
    path: string
    layers: LayerBlob[]
    signal: AbortSignal
    askers: Set<ProgressOptions>
  }): Promise<ErofsImage> {
    const { id, path, layers, signal, askers } = job
    const onProgress = ({ layer, bytes }: { layer: number; bytes: number }): void => {
      const { digest, size } = layers[layer]!
      const done = bytes >= size
      const message = done
        ? { status: 'Pull complete', progressDetail: {}, id: shortId(digest) }
        : { status: 'Extracting', progressDetail: { current: bytes, total: size }, id: shortId(digest) }
      for (const asker of askers) asker.onProgress?.(message)
    }
    await using work = await makeWorkFolder(this.#workParent)
    const output = join(work.path, 'image.erofs')
    try {
      await runWorker({ convert: { layers, output, seed: id } }, { signal, onProgress })
      await rename(output, path)
      await sync(this.#folder)
    } catch (error) {
      throw storeError(error, `image ${shortId(id)} was converted`)
    }
    return { path, bytes: (await stat(path)).size }
  }
}

const fileName = (id: string): string => `${hexOf(id)}.${FORMAT}.erofs`
