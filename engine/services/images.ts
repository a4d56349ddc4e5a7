import type { Readable } from 'node:stream'
import type {
  ImageDeleteItem,
  ImageHistoryItem,
  ImageInspect,
  ImageManifestSummary,
  ImageSummary,
} from '../../contract/docker-images.ts'
import type { ContainerConfig, Filters, ProgressMessage, RegistryAuth } from '../../contract/docker.ts'
import { EngineError } from '../../contract/errors.ts'
import type { ImageUsage } from '../images/disk-usage.ts'
import type { Image, ImageStore } from '../images/store.ts'
import { commitConfig } from './commit-config.ts'
import { withUsage } from './disk-usage.ts'
import type { EventBus } from './events.ts'
import { Arrival } from './image-arrival.ts'
import { applyChanges } from './image-changes.ts'
import { imageFilter, matchesReference } from './image-filter.ts'
import { isPrunable } from './image-prune.ts'
import { baseImageOf, warmTemplateOf } from './live/labels.ts'
import type { TemplateService } from './templates.ts'

interface ImageDependencies {
  store: ImageStore
  templates: TemplateService
  events: EventBus
  usersOf(imageId: string): string[]
  /** The same by their ids. */
  idsOf(imageId: string): string[]
}

interface ProgressOptions {
  signal: AbortSignal
  onProgress(message: ProgressMessage): void
}

interface NewImage {
  /** `name` or `name:tag`; without it the image has no name. */
  reference?: string
  comment?: string
  /** Instructions of a Dockerfile. */
  changes: string[]
  signal: AbortSignal
}

/** Images as Docker's API shows them; every one that arrives is made ready to run. */
export class ImageService {
  readonly #the: ImageDependencies

  constructor(dependencies: ImageDependencies) {
    this.#the = dependencies
  }

  async pull(
    reference: string,
    options: ProgressOptions & { auth?: RegistryAuth; platform?: string },
  ): Promise<void> {
    const before = await this.#the.store.get(reference).catch(() => undefined)
    const arrival = await Arrival.expect(this.#the.store)
    const image = await this.#the.store.pull(reference, options)
    await this.#prepare(image, arrival, options)
    options.onProgress({ status: `Digest: ${image.manifestDigest}` })
    const same = before?.id === image.id
    options.onProgress({
      status: `Status: ${same ? 'Image is up to date' : 'Downloaded newer image'} for ${reference}`,
    })
    this.#the.events.emit('image', 'pull', reference, { name: reference })
  }

  async load(archive: Readable, options: ProgressOptions): Promise<void> {
    const arrival = await Arrival.expect(this.#the.store)
    for (const image of await this.#the.store.load(archive, options)) {
      await this.#prepare(image, arrival, options)
      const tag = image.repoTags[0]
      options.onProgress({ stream: tag ? `Loaded image: ${tag}\n` : `Loaded image ID: ${image.id}\n` })
      this.#the.events.emit('image', 'load', image.id, { name: tag ?? image.id })
    }
  }

  /** Makes an image of a file system in a tar. */
  async import(
    layer: Readable,
    options: NewImage & { onProgress(message: ProgressMessage): void },
  ): Promise<void> {
    const { changes, reference, signal } = options
    const image = await this.#the.store.add({
      layer,
      config: applyChanges({}, changes),
      reference,
      comment: options.comment ?? 'Imported from -',
      signal,
      onProgress: (message) => {
        // What a script reads is the id alone, as Docker has it: figures are shown on terminals only.
        if (message.progressDetail?.current) options.onProgress(message)
      },
    })
    options.onProgress({ status: image.id })
    this.#the.events.emit('image', 'import', image.id, { name: reference ?? image.id })
  }

  /** Makes an image of what a container has changed, given as a layer above the image that it was made from. */
  async commit(
    layer: Readable,
    options: NewImage & {
      imageId: string
      /** The container's own, and what the client gives in its place. */
      config: ContainerConfig
      override?: ContainerConfig | null
      author?: string
    },
  ): Promise<{ Id: string }> {
    const { imageId: base, config, override, changes, ...rest } = options
    const createdBy = [config.Cmd ?? []].flat().join(' ')
    try {
      const changed = applyChanges(commitConfig(config, override), changes)
      const image = await this.#the.store.add({ ...rest, base, layer, config: changed, createdBy })
      if (rest.reference) this.#the.events.emit('image', 'tag', image.id, { name: rest.reference })
      return { Id: image.id }
    } finally {
      // Whoever makes the layer waits for a reader otherwise.
      layer.destroy()
    }
  }

  async push(name: string, options: ProgressOptions & { tag?: string; auth?: RegistryAuth }): Promise<void> {
    await this.#mustTravel([name])
    await this.#the.store.push(name, options)
    this.#the.events.emit('image', 'push', name, { name })
  }

  /** Rejects with IMAGE_NOT_FOUND before anything is read. */
  async save(names: string[], options: { signal: AbortSignal }): Promise<Readable> {
    await this.#mustTravel(names)
    const archive = await this.#the.store.save(names, options)
    for (const name of names) this.#the.events.emit('image', 'save', name, { name })
    return archive
  }

  /** A warm image is the memory of a VM, which fits this machine alone. */
  async #mustTravel(names: string[]): Promise<void> {
    for (const name of names) {
      const image = await this.#the.store.get(name).catch(() => undefined)
      if (!image || !warmTemplateOf(image)) continue
      throw new EngineError(
        'NOT_SUPPORTED',
        `${name} is a warm image: its memory cannot leave this machine; take the image that it was made from (${baseImageOf(image)})`,
      )
    }
  }

  /** Converted now, so that `run` need not wait for it. */
  #prepare(image: Image, arrival: Arrival, options: ProgressOptions): Promise<void> {
    return arrival.ready(image, () => this.#the.store.erofs(image, options))
  }

  /** `until`: milliseconds since 1970. `sharedSize` has the layers counted that other images have too. */
  async list(options: {
    all: boolean
    filters: Filters
    until?: number
    sharedSize?: boolean
    manifests?: boolean
  }): Promise<ImageSummary[]> {
    const { store } = this.#the
    const passes = await imageFilter(options, async (name) => (await store.get(name)).created)
    const all = options.sharedSize || options.manifests ? (await store.usage()).images : []
    const usage = new Map(all.map((each) => [each.id, each]))
    return (await store.list())
      .filter(passes)
      .map((image) => ({
        Id: image.id,
        ParentId: '',
        RepoTags: tagsShown(image, options.filters),
        RepoDigests: image.repoDigests,
        Created: Math.floor(Date.parse(image.created) / 1000) || 0,
        Size: image.size,
        SharedSize: (options.sharedSize ? usage.get(image.id)?.shared : undefined) ?? -1,
        Labels: image.config.Labels ?? {},
        Containers: this.#the.usersOf(image.id).length,
        ...(options.manifests ? { Manifests: [this.#manifest(image, usage.get(image.id))] } : {}),
      }))
      .sort((a, b) => b.Created - a.Created)
  }

  async inspect(name: string, options: { manifests?: boolean } = {}): Promise<ImageInspect> {
    const { store } = this.#the
    const image = await store.get(name)
    const usage = options.manifests
      ? (await store.usage()).images.find(({ id }) => id === image.id)
      : undefined
    return {
      Id: image.id,
      RepoTags: image.repoTags,
      RepoDigests: image.repoDigests,
      Parent: '',
      Comment: image.history.at(-1)?.comment ?? '',
      Created: image.created,
      DockerVersion: '',
      Author: image.author,
      Config: image.config,
      ContainerConfig: image.config,
      Architecture: image.architecture,
      Os: image.os,
      Size: image.size,
      GraphDriver: { Name: 'ramet', Data: null },
      RootFS: { Type: 'layers', Layers: image.layers },
      Metadata: { LastTagTime: '0001-01-01T00:00:00Z' },
      ...(options.manifests ? { Manifests: [this.#manifest(image, usage)] } : {}),
    }
  }

  #manifest(image: Image, usage: ImageUsage | undefined): ImageManifestSummary {
    const { architecture, os, manifestDigest, manifestType, manifestSize } = image
    const [content, unpacked] = [manifestSize + image.size, usage?.unpacked ?? 0]
    return {
      ID: manifestDigest,
      Descriptor: { mediaType: manifestType, digest: manifestDigest, size: manifestSize },
      Available: true,
      Kind: 'image',
      Size: { Content: content, Total: content + unpacked },
      ImageData: {
        Platform: { architecture, os },
        Containers: this.#the.idsOf(image.id),
        Size: { Unpacked: unpacked },
      },
    }
  }

  async history(name: string): Promise<ImageHistoryItem[]> {
    const image = await this.#the.store.get(name)
    const steps = await this.#the.store.history(image.id)
    return steps.map(({ created = '', createdBy, comment, size }, at) => ({
      // Of the images between, which only a builder knew, there is no trace.
      Id: at === 0 ? image.id : '<missing>',
      Created: Math.floor(Date.parse(created) / 1000) || 0,
      CreatedBy: createdBy,
      Tags: at === 0 && image.repoTags.length > 0 ? image.repoTags : null,
      Size: size,
      Comment: comment,
    }))
  }

  async tag(name: string, reference: string): Promise<void> {
    await this.#the.store.tag(name, reference)
    this.#the.events.emit('image', 'tag', name, { name: reference })
  }

  async remove(name: string, options: { force: boolean }): Promise<ImageDeleteItem[]> {
    const { store, templates, usersOf } = this.#the
    const image = await store.get(name)
    const { untagged, deleted } = await store.remove(name, { force: options.force, inUse: usersOf })
    if (deleted.length > 0) {
      await templates.removeOfImage(image.id)
      const warm = warmTemplateOf(image)
      if (warm) await templates.discard(warm)
    }
    this.#the.events.emit('image', deleted.length ? 'delete' : 'untag', image.id, { name })
    return [...untagged.map((Untagged) => ({ Untagged })), ...deleted.map((Deleted) => ({ Deleted }))]
  }

  /** Removes what no container was made from and the filters let through. `before`: milliseconds since 1970. */
  async prune(options: {
    filters: Filters
    before?: number
  }): Promise<{ ImagesDeleted: ImageDeleteItem[]; SpaceReclaimed: number }> {
    const { store, usersOf } = this.#the
    const { total } = await store.usage()
    const ImagesDeleted: ImageDeleteItem[] = []
    for (const image of await store.list()) {
      if (!isPrunable(image, options.filters, options.before) || usersOf(image.id).length > 0) continue
      const removed = await this.remove(image.id, { force: true }).catch((error: unknown) => {
        // Somebody was faster: made a container of it, or removed it.
        if (error instanceof EngineError && GONE_OR_USED.includes(error.code)) return []
        throw error
      })
      ImagesDeleted.push(...removed)
    }
    return { ImagesDeleted, SpaceReclaimed: Math.max(0, total - (await store.usage()).total) }
  }

  async usage(): Promise<{ Images: ImageSummary[]; LayersSize: number }> {
    return withUsage(await this.list({ all: true, filters: {} }), await this.#the.store.usage())
  }

  async login(auth: RegistryAuth, options: { signal: AbortSignal }): Promise<void> {
    await this.#the.store.login(auth, options)
  }
}

const GONE_OR_USED = ['CONFLICT', 'IMAGE_NOT_FOUND']

/** Of an image that was asked for by name, the names that were meant. */
function tagsShown(image: Image, { reference }: Filters): string[] {
  if (!reference) return image.repoTags
  return image.repoTags.filter((tag) => reference.some((pattern) => matchesReference(tag, pattern)))
}
