import type { HostConfig } from '../../contract/docker.ts'
import type { TemplateCreateRequest, TemplateProgress, TemplateSummary } from '../../contract/ramet.ts'
import { EngineError, isAbort } from '../../contract/errors.ts'
import { shortId } from '../../contract/names.ts'
import type { Image, ImageStore } from '../images/store.ts'
import type { GoldenDisks } from '../hypervisor/disk.ts'
import type { Hardware, Hypervisor } from '../hypervisor/virtual-machine.ts'
import { freezeLive, type LiveRequest } from '../templates/freeze-live.ts'
import { makeTemplate, templateId, type TemplateRequest } from '../templates/make.ts'
import { filesOf, type LiveOrigin, type Template } from '../templates/manifest.ts'
import type { TemplateStore } from '../templates/store.ts'
import { allocatedBytes, residentBytes } from './file-memory.ts'
import type { Kit } from './kit.ts'
import { DEFAULT_VCPUS, servedMemory, storageBytes, vcpusOf, vmMemory } from './limits.ts'
import { baseImageOf } from './live/labels.ts'
import { USUAL_NAT } from './networks/guest.ts'

const MIB = 1024 * 1024

interface Sized {
  image: { id: string }
  hostConfig: HostConfig
  /** A template that was frozen while a container ran, in place of the one of its image. */
  frozen?: string
}

/** What a container starts from; without a template its VM boots cold. */
export interface Origin {
  hardware: Hardware
  template?: Template
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
  /** How many clones of a template wait. */
  standby(id: string): number
  /** Does `boot` if there is memory for a VM that shares none; rejects in words where there is not. */
  admit<T>(image: string, boot: () => Promise<T>): Promise<T>
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

  /** The one below every disk that no size was asked for, and below those of templates. */
  get goldenDisk(): string {
    return this.#the.goldenDisks.path
  }

  async hardwareFor(container: Sized): Promise<Hardware> {
    const image = await this.#the.images.get(container.image.id)
    const { hostConfig } = container
    const hardware = await this.#hardware(image, servedMemory(hostConfig), vcpusOf(hostConfig))
    const size = storageBytes(hostConfig)
    return size === undefined
      ? hardware
      : { ...hardware, goldenDisk: await this.#the.goldenDisks.ofSize(size) }
  }

  /** What a container starts from; no template where it asks to share memory with nobody (`Isolation: cold`). */
  async forContainer(container: Sized): Promise<Origin> {
    const request = await this.#requestOf(container)
    const { hardware } = request
    if (container.frozen !== undefined)
      return { hardware, template: await this.#live(container.frozen, request) }
    if (container.hostConfig.Isolation === 'cold') return { hardware }
    return { hardware, template: await this.#ensure(request, {}) }
  }

  /** Freezes a container's VM while it runs. `templateId` is what it was forked from; empty where it booted cold. */
  async freeze(
    container: Sized & { templateId: string },
    request: Omit<LiveRequest, 'base' | 'cold' | 'origin'> & { origin: Omit<LiveOrigin, 'base' | 'parent'> },
  ): ReturnType<typeof freezeLive> {
    const hardware = await this.#requestOf(container)
    const cold = container.templateId === ''
    const base = cold ? await this.#ensure(hardware, {}) : await this.#the.store.find(container.templateId)
    if (!base) {
      throw new EngineError(
        'TEMPLATE_NOT_FOUND',
        `the template that container ${request.origin.container.name} was forked from was removed; restart the container, then freeze it`,
      )
    }
    const origin = { ...request.origin, base: this.#idOf(hardware), parent: base.id }
    const made = await freezeLive({ ...request, base, cold, origin }, this.#the.store)
    this.#the.changed('create', made.template.id)
    return made
  }

  /** Those that were frozen while a container ran. */
  async live(): Promise<(Template & { live: LiveOrigin })[]> {
    const all = await this.#the.store.list()
    return all.flatMap((template) => (template.live ? [{ ...template, live: template.live }] : []))
  }

  /** What the guest of a template said while it booted; of a live one, that of the template below it. */
  async bootLog(id: string): Promise<string> {
    const template = (await this.#the.store.list()).find((each) => each.id === id)
    return template ? this.#the.store.bootLog(template.live?.base ?? id) : ''
  }

  /** What the container of a live template had printed, as records of a log. */
  output(id: string): Promise<Buffer> {
    return this.#the.store.output(id)
  }

  /** The id of the template that its image and size have, on this host and now. */
  async baseOf(container: Sized): Promise<string> {
    return this.#idOf(await this.#requestOf(container))
  }

  /** Whether `template` was made by this very kit and QEMU. */
  isCurrent({ kit, qemu, libvirt, cpuModel }: Template): boolean {
    const { facts } = this.#the.hypervisor
    return (
      kit === this.#the.kit.id &&
      qemu === facts.qemuVersion &&
      libvirt === facts.libvirtVersion &&
      cpuModel === facts.cpuModel
    )
  }

  /** Whether a container of these settings could be started from `template`, on this host and now. */
  async fits(template: Template, container: Sized): Promise<boolean> {
    return template.live?.base === (await this.baseOf(container))
  }

  async discard(id: string): Promise<void> {
    await this.#remove(id)
  }

  #idOf(request: TemplateRequest): string {
    return templateId(request, this.#the.hypervisor)
  }

  async #requestOf(container: Sized): Promise<TemplateRequest> {
    const image = await this.#the.images.get(container.image.id)
    return {
      imageId: baseImageOf(image),
      kit: this.#the.kit.id,
      hardware: await this.hardwareFor(container),
    }
  }

  async #live(id: string, request: TemplateRequest): Promise<Template> {
    const template = await this.#the.store.find(id)
    if (!template?.live) {
      throw new EngineError(
        'TEMPLATE_NOT_FOUND',
        'the memory that this container was to start from is gone or damaged; remove it, and freeze or fork anew',
      )
    }
    if (template.live.base === this.#idOf(request)) return template
    const { qemu, kit, memoryBytes, vcpus } = template
    throw new EngineError(
      'CONFLICT',
      `what container ${template.live.container.name} was frozen as fits no VM of this kind any more ` +
        `(frozen with QEMU ${qemu}, kit ${kit.slice(0, 12)}, ${memoryBytes / MIB} MB, ${vcpus} CPUs): ` +
        'use the same memory and CPUs; after an update freeze anew, or start it with --isolation cold',
    )
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
    if (isKept(template) && !options.force) {
      throw new EngineError(
        'CONFLICT',
        `template ${template.id.slice(0, 12)} is the memory of a ${template.live?.kind === 'warm' ? 'warm image; remove the image' : 'checkpoint; remove the checkpoint'}, or the template by force`,
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
      if (template.imageId === imageId && !template.live) await this.#remove(template.id)
    }
  }

  async prune(): Promise<{ removed: string[]; freedBytes: number }> {
    const inUse = new Set(this.#the.clones())
    const removed: string[] = []
    let freedBytes = 0
    for (const template of await this.#the.store.list()) {
      // A warm image's memory and a checkpoint cannot be made again.
      if (inUse.has(template.id) || isKept(template)) continue
      const bytes = await allocatedBytes(filesOf(template))
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
      const template = await this.#the.admit(await this.imageName(request.imageId), () =>
        makeTemplate(request, hypervisor, store, { ...options, socketDir, network: USUAL_NAT }),
      )
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
      allocatedBytes: await allocatedBytes(filesOf(template)),
      residentBytes: resident,
      clones: this.#the.clones().filter((id) => id === template.id).length,
      standby: this.#the.standby(template.id),
      kind: template.live?.kind ?? 'image',
      ...(template.live ? { container: template.live.container, parent: template.live.parent } : {}),
    }
  }

  async imageName(imageId: string): Promise<string> {
    const image = await this.#the.images.get(imageId).catch(() => undefined)
    return image?.repoTags[0] ?? shortId(imageId)
  }
}

function isKept({ live }: Template): boolean {
  return live?.kind === 'warm' || live?.kind === 'checkpoint'
}
