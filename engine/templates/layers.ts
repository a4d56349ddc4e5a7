import { randomUUID } from 'node:crypto'
import { link, mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Disks as they were when a container was frozen: qcow2 files that change no more, each over another one or over the
 * golden disk, under those of the container and of its children. Named by uuid, `<folder>/<uuid>.qcow2`.
 */
export class DiskLayers {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  async open(): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
  }

  path(id: string): string {
    return join(this.#folder, `${id}.qcow2`)
  }

  paths(ids: readonly string[]): string[] {
    return ids.map((id) => this.path(id))
  }

  /** Makes the file a layer under a name of its own; whoever has it open under the old one goes on. */
  async adopt(file: string): Promise<string> {
    const id = randomUUID()
    await link(file, this.path(id))
    return id
  }

  /** Removes those that nobody names any more; a VM that has one open goes on. */
  async sweep(used: ReadonlySet<string>): Promise<void> {
    for (const name of await readdir(this.#folder)) {
      const id = name.replace(/\.qcow2$/, '')
      if (!used.has(id)) await rm(join(this.#folder, name), { force: true })
    }
  }
}
