import { freemem, totalmem } from 'node:os'
import { EngineError } from '../../contract/errors.ts'
import { ownBytes } from '../../contract/own-memory.ts'
import type { ContainerMemory, ImageMemory, MemoryReport, TemplateMemory } from '../../contract/ramet.ts'
import type { ImageStore } from '../images/store.ts'
import { readVmMemory, type VmMemory } from '../hypervisor/process-memory.ts'
import { filesOf, type Template } from '../templates/manifest.ts'
import { memoryOf } from './limits.ts'
import type { Container } from './containers/container.ts'
import { allocatedBytes, distinctFiles, residentBytes } from './file-memory.ts'
import type { WaitingMemory } from './standby/pool.ts'
import type { TemplateService } from './templates.ts'

interface MemoryDependencies {
  templates: TemplateService
  images: ImageStore
  running(): Container[]
  /** Clones that wait for a start. */
  standby(): Promise<WaitingMemory[]>
  /** Bytes that containers may still be given. */
  room(): Promise<number>
}

interface Measured {
  row: ContainerMemory
  /** What its VM would hold alone, had it booted on its own; 0 where nobody knows. */
  coldBytes: number
  imageFile: string
}

/**
 * What the host's memory really holds, and what the same VMs would hold had each booted on its own. Never overstated:
 * of templates and images everything in the page cache is counted against the saving, mapped by a clone or not.
 */
export class MemoryService {
  readonly #the: MemoryDependencies

  constructor(dependencies: MemoryDependencies) {
    this.#the = dependencies
  }

  async report(): Promise<MemoryReport> {
    const stored = await this.#the.templates.stored()
    const byId = new Map(stored.map((template) => [template.id, template]))
    const measured = (
      await Promise.all(this.#the.running().map((container) => this.#measure(container, byId)))
    ).filter((each) => each !== undefined)
    const templates = await Promise.all(stored.map((template) => this.#template(template, measured)))
    const waiting = await this.#the.standby()
    const images = await this.#images(measured)

    const ofClones = sum(waiting.map(({ memory }) => ownBytes(memory)))
    const own = ofClones + sum(measured.map(({ row }) => ownBytes(row)))
    const ofWaiting = new Set(waiting.map(({ origin }) => origin.template.id))
    const used = templates.filter(({ id, clones }) => clones > 0 || ofWaiting.has(id))
    const imageBytes = sum(images.map((image) => image.residentBytes))
    const shared = sum(used.map((template) => template.residentBytes)) + imageBytes
    const actualBytes = own + shared
    const withoutSharingBytes =
      sum(measured.map(({ row, coldBytes }) => Math.max(coldBytes, ownBytes(row)))) + imageBytes
    return {
      containers: measured.map(({ row }) => row),
      templates,
      images,
      standby: { clones: waiting.length, ownBytes: ofClones },
      host: { totalBytes: totalmem(), availableBytes: freemem(), roomBytes: await this.#the.room() },
      totals: { actualBytes, withoutSharingBytes, savedBytes: withoutSharingBytes - actualBytes },
    }
  }

  /** What the VM of a container holds; rejects where it does not run. */
  async of({ record, vm }: Container): Promise<{ memory: VmMemory; imageFile: string; limitBytes: number }> {
    const image = await this.#the.images.get(record.image.id)
    const { path: imageFile } = await this.#the.images.erofs(image, {})
    const memoryBytes = record.vm?.memoryBytes ?? (await this.#the.templates.hardwareFor(record)).memoryBytes
    const ramFile = record.templateId ? this.#the.templates.ramFileOf(record.templateId) : undefined
    if (!vm) throw new EngineError('NOT_RUNNING', `container ${record.name} is not running`)
    const layout = { ramFile, memoryBytes, imageFile }
    const limitBytes = memoryOf(record.hostConfig) || memoryBytes
    return { memory: await readVmMemory(await vm.pid(), layout), imageFile, limitBytes }
  }

  async #measure(container: Container, templates: Map<string, Template>): Promise<Measured | undefined> {
    const { record } = container
    const template = templates.get(record.templateId)
    try {
      const { memory, imageFile } = await this.of(container)
      const row: ContainerMemory = {
        id: record.id,
        name: record.name,
        template: record.templateId,
        imageId: record.image.id,
        privateBytes: memory.privateBytes,
        sharedBytes: memory.sharedBytes,
        imageBytes: memory.imageBytes,
        overheadBytes: memory.overheadBytes,
      }
      return { row, coldBytes: coldBytes(template, memory), imageFile }
    } catch {
      // It ended while it was measured.
      return undefined
    }
  }

  async #images(measured: Measured[]): Promise<ImageMemory[]> {
    const ids = new Map(measured.map(({ imageFile, row }) => [imageFile, row.imageId]))
    const files = await distinctFiles([...ids.keys()])
    const resident = await residentBytes(files)
    return Promise.all(
      files.map(async (file, at) => ({
        id: ids.get(file)!,
        image: await this.#the.templates.imageName(ids.get(file)!),
        residentBytes: resident[at] ?? 0,
      })),
    )
  }

  async #template(template: Template, measured: Measured[]): Promise<TemplateMemory> {
    const [resident = 0] = await residentBytes([template.ramFile])
    return {
      id: template.id,
      image: await this.#the.templates.imageName(template.imageId),
      residentBytes: resident,
      allocatedBytes: await allocatedBytes(filesOf(template)),
      clones: measured.filter(({ row }) => row.template === template.id).length,
    }
  }
}

/**
 * What the VM of a clone would hold, had it booted on its own: what its template's held when it was frozen, and code
 * that QEMU translated for the clone as far as it is more than was translated until then, since most of what a start
 * runs has run in a boot already. Where the template was removed nobody knows what it held: then no saving is claimed.
 */
export function coldBytes(
  template: Pick<Template, 'coldPrivateBytes' | 'coldOverheadBytes' | 'coldTranslatedBytes'> | undefined,
  { translatedBytes }: Pick<VmMemory, 'translatedBytes'>,
): number {
  if (!template) return 0
  const { coldPrivateBytes, coldOverheadBytes, coldTranslatedBytes = coldOverheadBytes } = template
  return coldPrivateBytes + coldOverheadBytes + Math.max(0, translatedBytes - coldTranslatedBytes)
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, each) => total + each, 0)
}
