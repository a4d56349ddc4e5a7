import type { HostConfig } from '../../contract/docker.ts'
import type { TemplateCreateRequest, TemplateProgress, TemplateSummary } from '../../contract/ramet.ts'
import { EngineError, isAbort } from '../../contract/errors.ts'
import type { Image, ImageStore } from '../images/store.ts'
import type { GoldenDisks } from '../hypervisor/disk.ts'
import type { Hardware, Hypervisor } from '../hypervisor/virtual-machine.ts'
import { makeTemplate, templateId, type TemplateRequest } from '../templates/make.ts'
import type { Template } from '../templates/manifest.ts'
import type { TemplateStore } from '../templates/store.ts'
import { allocatedBytes, residentBytes } from './file-memory.ts'
import type { Kit } from './kit.ts'
import { DEFAULT_VCPUS, memoryOf, storageBytes, vcpusOf, vmMemory } from './limits.ts'

interface Sized {
  image: { id: string }
  hostConfig: HostConfig
}

interface TemplateDependencies {
  hypervisor: Hypervisor
  images: ImageStore
  store: TemplateStore
  kit: Kit
  goldenDisks: GoldenDisks
  socketDir: string
  /** Ids of the templates of the running clones, one each. */
  clones(): string[]
  /** Tells that a template was made or is gone. */
  changed(action: 'create' | 'remove', id: string): void
}

/** Finds or makes the template that a container needs; one at a time for each id, however many ask. */
export class TemplateService {
  readonly #the: TemplateDependencies
  readonly #making = new Map<string, Promise<Template>>()

  constructor(dependencies: TemplateDependencies) {
    this.#the = dependencies
  }

  async hardwareFor(container: Sized): Promise<Hardware> {
    const image = await this.#the.images.get(container.image.id)
    const { hostConfig } = container
    const hardware = await this.#hardware(image, memoryOf(hostConfig), vcpusOf(hostConfig))
    const size = storageBytes(hostConfig)
    return size === undefined
      ? hardware
      : { ...hardware, goldenDisk: await this.#the.goldenDisks.ofSize(size) }
  }

  /** What a container starts from; no template where it asks to share memory with nobody (`Isolation: cold`). */
  async forContainer(container: Sized): Promise<{ hardware: Hardware; template?: Template }> {
    const hardware = await this.hardwareFor(container)
    if (container.hostConfig.Isolation === 'cold') return { hardware }
    const request = { imageId: container.image.id, kit: this.#the.kit.id, hardware }
    return { hardware, template: await this.#ensure(request, {}) }
  }

  async create(
    request: TemplateCreateRequest,
    options: { signal?: AbortSignal; onProgress?(message: TemplateProgress): void } = {},
  ): Promise<TemplateSummary> {
    const { images, kit } = this.#the
    const image = await images.get(request.image)
    const hardware = await this.#hardware(image, request.memoryBytes, request.vcpus, options.signal)
    const template = await this.#ensure(
      { imageId: image.id, kit: kit.id, hardware },
      {
        rebuild: request.rebuild,
        signal: options.signal,
        onStatus: (status) => options.onProgress?.({ status }),
      },
    )
    return this.#summary(template)
  }

  async list(): Promise<TemplateSummary[]> {
    const templates = await this.#the.store.list()
    return Promise.all(templates.map((template) => this.#summary(template)))
  }

  /** Those on disk, unverified; for reports. */
  stored(): Promise<Template[]> {
    return this.#the.store.list()
  }

  /** Where a template's RAM file is, or was while clones of it still run. */
  ramFileOf(id: string): string {
    return this.#the.store.ramFileOf(id)
  }

  async remove(idOrPrefix: string, options: { force: boolean }): Promise<void> {
    const matches = (await this.#the.store.list()).filter(({ id }) => idOrPrefix && id.startsWith(idOrPrefix))
    const [template] = matches
    if (!template || matches.length > 1) {
      throw new EngineError(
        'TEMPLATE_NOT_FOUND',
        `${matches.length ? 'more than one template' : 'no template'} matches '${idOrPrefix}'; 'ramet templates ls' lists them`,
      )
    }
    const clones = this.#the.clones().filter((id) => id === template.id).length
    if (clones > 0 && !options.force) {
      throw new EngineError(
        'CONFLICT',
        `template ${template.id.slice(0, 12)} has ${clones} running clones; stop them first, or remove it by force (they run on)`,
      )
    }
    await this.#remove(template.id)
  }

  /** With its last name and its files an image's templates go too. */
  async removeOfImage(imageId: string): Promise<void> {
    for (const template of await this.#the.store.list()) {
      if (template.imageId === imageId) await this.#remove(template.id)
    }
  }

  async prune(): Promise<{ removed: string[]; freedBytes: number }> {
    const inUse = new Set(this.#the.clones())
    const removed: string[] = []
    let freedBytes = 0
    for (const template of await this.#the.store.list()) {
      if (inUse.has(template.id)) continue
      const bytes = await allocatedBytes([template.ramFile, template.stateFile])
      if (!(await this.#remove(template.id))) continue
      removed.push(template.id)
      freedBytes += bytes
    }
    return { removed, freedBytes }
  }

  async #remove(id: string): Promise<boolean> {
    const removed = await this.#the.store.remove(id)
    if (removed) this.#the.changed('remove', id)
    return removed
  }

  async #hardware(
    image: Image,
    memory: number | undefined,
    vcpus: number | undefined,
    signal?: AbortSignal,
  ): Promise<Hardware> {
    const { kit, hypervisor, images, goldenDisks } = this.#the
    const { path, bytes } = await images.erofs(image, { signal })
    return {
      accelerator: hypervisor.facts.accelerator,
      memoryBytes: vmMemory(memory ?? 0),
      vcpus: vcpus ?? DEFAULT_VCPUS,
      kernel: kit.kernel,
      image: { path, bytes },
      goldenDisk: goldenDisks.path,
    }
  }

  #ensure(
    request: TemplateRequest,
    options: { rebuild?: boolean; signal?: AbortSignal; onStatus?(status: string): void },
  ): Promise<Template> {
    const { hypervisor, store, socketDir } = this.#the
    const id = templateId(request, hypervisor)
    const making = this.#making.get(id)
    if (making) {
      // Who joins is not cancelled with who began: it begins anew.
      return making.catch((error: unknown) => {
        if (isAbort(error) && !options.signal?.aborted) return this.#ensure(request, options)
        throw error
      })
    }
    const work = async (): Promise<Template> => {
      const found = options.rebuild ? undefined : await store.find(id)
      if (found) return found
      const template = await makeTemplate(request, hypervisor, store, { ...options, socketDir })
      this.#the.changed('create', id)
      return template
    }
    const made = work().finally(() => this.#making.delete(id))
    this.#making.set(id, made)
    return made
  }

  async #summary(template: Template): Promise<TemplateSummary> {
    const [resident = 0] = await residentBytes([template.ramFile])
    return {
      id: template.id,
      imageId: template.imageId,
      image: await this.imageName(template.imageId),
      memoryBytes: template.memoryBytes,
      vcpus: template.vcpus,
      accelerator: template.accelerator,
      kit: template.kit,
      qemu: template.qemu,
      cpuModel: template.cpuModel,
      createdAt: template.createdAt,
      bootMs: template.bootMs,
      freezeMs: template.freezeMs,
      downtimeMs: template.downtimeMs,
      coldPrivateBytes: template.coldPrivateBytes,
      allocatedBytes: await allocatedBytes([template.ramFile, template.stateFile]),
      residentBytes: resident,
      clones: this.#the.clones().filter((id) => id === template.id).length,
    }
  }

  async imageName(imageId: string): Promise<string> {
    const image = await this.#the.images.get(imageId).catch(() => undefined)
    return image?.repoTags[0] ?? imageId.replace('sha256:', '').slice(0, 12)
  }
}
