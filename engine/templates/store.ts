import { mkdir, mkdtemp, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { hashSparseFile } from './sparse-hash.ts'
import { parseManifest, type Template, type TemplateManifest } from './manifest.ts'

const BUILDING = '.building-'
const REMOVED = '.removed-'

/** What the guest said on its console while it booted. */
export const BOOT_LOG = 'boot.log'
/** What the container had printed when it was frozen, as records of a log. */
const OUTPUT = 'output.log'
/** More of it nobody reads. */
const BOOT_LOG_MAX = 256 * 1024

/** Templates on disk: `<root>/<id>/{ram,state,template.json}`, immutable, published by one rename. */
export class TemplateStore {
  readonly #root: string
  /** Files whose content was checked, by what changes with any write: inode, size, times. */
  readonly #verified = new Map<string, string>()

  constructor(root: string) {
    this.#root = root
  }

  /** Makes the folder and removes what a killed engine left half made. */
  async open(): Promise<void> {
    await mkdir(this.#root, { recursive: true, mode: 0o700 })
    for (const name of await readdir(this.#root)) {
      if (name.startsWith(BUILDING) || name.startsWith(REMOVED)) {
        await rm(join(this.#root, name), { recursive: true, force: true })
      }
    }
  }

  /** The template of that id, its files verified; undefined where there is none or it is not as it was published. */
  async find(id: string): Promise<Template | undefined> {
    const template = await this.#read(id)
    if (!template) return undefined
    for (const [file, expected] of publishedFiles(template)) {
      if (!(await this.#isAsPublished(file, expected))) return undefined
    }
    return template
  }

  async list(): Promise<Template[]> {
    const names = await readdir(this.#root)
    const templates = await Promise.all(names.map((name) => this.#read(name)))
    return templates.filter((template) => template !== undefined)
  }

  /** An empty folder to build a template in. */
  async prepare(): Promise<string> {
    return mkdtemp(join(this.#root, BUILDING))
  }

  /**
   * Makes what was built in `folder` the template of its id; one that is there already is replaced. Not durable is one
   * that is of no use after a crash.
   */
  async publish(
    folder: string,
    manifest: TemplateManifest,
    { durable = true }: { durable?: boolean } = {},
  ): Promise<Template> {
    const file = join(folder, 'template.json')
    await writeFile(file, `${JSON.stringify(manifest, undefined, 2)}\n`, { flush: durable })
    if (durable) await sync(folder)
    await this.remove(manifest.id)
    await rename(folder, join(this.#root, manifest.id))
    if (durable) await sync(this.#root)
    const template = this.#locate(manifest)
    // What this engine itself has just written and synced needs no second reading.
    for (const [file] of publishedFiles(template)) await this.#remember(file)
    return template
  }

  async discard(folder: string): Promise<void> {
    await rm(folder, { recursive: true, force: true })
  }

  /** Clones that run keep the files open and go on. Answers whether there was one. */
  async remove(id: string): Promise<boolean> {
    const grave = join(this.#root, `${REMOVED}${id}-${process.pid}-${Date.now()}`)
    try {
      await rename(join(this.#root, id), grave)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
      throw error
    }
    await rm(grave, { recursive: true, force: true })
    return true
  }

  ramFileOf(id: string): string {
    return join(this.#root, id, 'ram')
  }

  /** What the guest of that template said while it booted; empty where that is not known. */
  async bootLog(id: string): Promise<string> {
    const text = await readFile(join(this.#root, id, BOOT_LOG), 'utf8').catch(() => '')
    return text.slice(0, BOOT_LOG_MAX)
  }

  /** Keeps what the container had printed with the template that is built in `folder`. */
  async keepOutput(folder: string, output: Buffer): Promise<void> {
    await writeFile(join(folder, OUTPUT), output, { mode: 0o600 })
  }

  /** What the container of that template had printed; empty where that was not kept. */
  output(id: string): Promise<Buffer> {
    return readFile(join(this.#root, id, OUTPUT)).catch(() => Buffer.alloc(0))
  }

  async #read(id: string): Promise<Template | undefined> {
    if (!/^[0-9a-f]{64}$/.test(id)) return undefined
    const text = await readFile(join(this.#root, id, 'template.json'), 'utf8').catch(() => undefined)
    const manifest = text === undefined ? undefined : parseManifest(text)
    return manifest?.id === id ? this.#locate(manifest) : undefined
  }

  #locate(manifest: TemplateManifest): Template {
    const folder = join(this.#root, manifest.id)
    return {
      ...manifest,
      folder,
      ramFile: this.ramFileOf(manifest.id),
      stateFile: join(folder, 'state'),
      ...(manifest.disk ? { diskFile: join(folder, 'disk') } : {}),
    }
  }

  async #isAsPublished(file: string, expected: { bytes: number; sha256: string }): Promise<boolean> {
    const identity = await identityOf(file)
    if (!identity || identity.size !== expected.bytes) return false
    if (this.#verified.get(file) === identity.text) return true
    if ((await hashSparseFile(file)) !== expected.sha256) return false
    this.#verified.set(file, identity.text)
    return true
  }

  async #remember(file: string): Promise<void> {
    const identity = await identityOf(file)
    if (identity) this.#verified.set(file, identity.text)
  }
}

function publishedFiles({ ramFile, ram, stateFile, state, diskFile, disk }: Template) {
  const files: [string, { bytes: number; sha256: string }][] = [
    [ramFile, ram],
    [stateFile, state],
  ]
  if (diskFile && disk) files.push([diskFile, disk])
  return files
}

async function identityOf(file: string): Promise<{ size: number; text: string } | undefined> {
  try {
    const { dev, ino, size, mtimeMs, ctimeMs } = await stat(file)
    return { size, text: [dev, ino, size, mtimeMs, ctimeMs].join(' ') }
  } catch {
    return undefined
  }
}

async function sync(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
