import { link, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { addAbortSignal, Readable } from 'node:stream'
import type { RegistryAuth } from '../../contract/docker.ts'
import { EngineError } from '../../contract/errors.ts'
import type { ErofsImage, Image } from '../../contract/image.ts'
import { shortId } from '../../contract/names.ts'
import { ArchiveFiles } from './archive-files.ts'
import { readArchive } from './archive.ts'
import { Catalog } from './catalog.ts'
import { verifyLayers, type Delivery, type IsKnownLayer, type ProgressOptions } from './delivery.ts'
import { hexOf } from './digest.ts'
import { usageOf, type ImageUsage } from './disk-usage.ts'
import { ErofsCache } from './erofs-cache.ts'
import { storeError } from './failures.ts'
import { historyOf, type HistoryStep } from './history.ts'
import { registryOf } from './login.ts'
import { writeLayer } from './layer-file.ts'
import { parseImageManifest } from './manifest.ts'
import { makeImage, relabelImage, type NewImage } from './new-image.ts'
import { OciLayout, type IndexEntry } from './oci-layout.ts'
import { pull } from './pull.ts'
import { push, pushedImages } from './push.ts'
import { canonical, familiar, isLoopback, parseReference, repository } from './reference.ts'
import { saveArchive, savedImages } from './save.ts'
import { checkLogin, writeAuthFile } from './skopeo.ts'
import { blobsOf, joinImage, layerBlobs, type StoredImage } from './stored-image.ts'
import { makeWorkFolder, sweepWorkFolders } from './work-folder.ts'

export type { ErofsImage, Image } from '../../contract/image.ts'

export interface StoreOptions {
  folder: string
  /** `host` or `host:port` of registries that may be spoken to without TLS; those on loopback always may. */
  insecureRegistries?: string[]
}

/** The images: an OCI layout, and the erofs files made from it. One engine owns the folder. */
export class ImageStore {
  readonly #layout: OciLayout
  readonly #erofs: ErofsCache
  readonly #work: string
  readonly #insecure: ReadonlySet<string>
  #catalog = new Catalog()
  /** Rows whose files cannot be read: kept as they are, and then no blob is swept, as it might belong to them. */
  #unreadable: IndexEntry[] = []
  #changes: Promise<unknown> = Promise.resolve()

  private constructor({ folder, insecureRegistries = [] }: StoreOptions) {
    this.#layout = new OciLayout(folder)
    this.#work = join(folder, 'work')
    this.#erofs = new ErofsCache(join(folder, 'erofs'), this.#work)
    this.#insecure = new Set(insecureRegistries)
  }

  /** Opens or makes a store, and removes what a killed engine left. Rejects with IMAGE_INVALID on a broken index. */
  static async open(options: StoreOptions): Promise<ImageStore> {
    const store = new ImageStore(options)
    await mkdir(store.#work, { recursive: true, mode: 0o700 })
    await sweepWorkFolders(store.#work)
    await store.#layout.create()
    for (const entry of await store.#layout.readIndex()) await store.#take(entry)
    await store.#sweepBlobs()
    if (store.#unreadable.length === 0) await store.#erofs.sweep(store.#catalog.images().map(({ id }) => id))
    return store
  }

  /**
   * Brings an image from its registry; what is here already is not fetched again. Rejects with REGISTRY_UNREACHABLE,
   * IMAGE_NOT_FOUND, UNAUTHORIZED, DIGEST_MISMATCH, IMAGE_INVALID, NOT_SUPPORTED, DISK_FULL or the signal's reason,
   * and then leaves nothing behind.
   */
  async pull(
    name: string,
    options: ProgressOptions & { auth?: RegistryAuth; platform?: string } = {},
  ): Promise<Image> {
    const reference = parseReference(name)
    const { domain, path, tag, digest } = reference
    const status = `Pulling from ${domain === 'docker.io' ? path : `${domain}/${path}`}`
    options.onProgress?.({ status, id: tag ?? digest })
    const insecure = isLoopback(domain) || this.#insecure.has(domain)
    const [image] = await this.#bring(
      `${familiar(canonical(reference))} was pulled`,
      options,
      async (folder) => {
        const authFile = await writeAuthFile(folder, domain, options.auth)
        const access = { host: domain, insecure, authFile }
        return pull({ ...options, reference, access, layout: this.#layout, folder })
      },
    )
    return image!
  }

  /** Takes in every image of an archive. Rejects with IMAGE_INVALID, DIGEST_MISMATCH, DISK_FULL or the signal's reason. */
  load(archive: Readable, options: ProgressOptions = {}): Promise<Image[]> {
    return this.#bring('the archive was loaded', options, async (folder) => {
      const { signal, onProgress } = options
      const files = await ArchiveFiles.read(archive, join(folder, 'archive'), { signal })
      const delivery = await readArchive(files, folder)
      for (const { image } of delivery.images) {
        for (const { digest, size } of image.manifest.layers) {
          const progressDetail = { current: size, total: size }
          onProgress?.({ status: 'Loading layer', progressDetail, id: shortId(digest) })
        }
      }
      return delivery
    })
  }

  /**
   * Makes an image of one layer (a tar, maybe compressed), above its base where it has one, converted already. Rejects
   * with IMAGE_NOT_FOUND, IMAGE_INVALID, INVALID_ARGUMENT, DISK_FULL or the signal's reason, and then leaves nothing behind.
   */
  async add(wanted: NewImage): Promise<Image> {
    let made: StoredImage | undefined
    try {
      const names = wanted.reference === undefined ? [] : [tagName(wanted.reference)]
      const [image] = await this.#bring('the image was made', wanted, async (folder) => {
        const [base] = await this.#hold(
          folder,
          () => (wanted.base === undefined ? [] : [this.#catalog.find(wanted.base).image]),
          (each) => each,
        )
        const layer = await writeLayer(wanted.layer, join(folder, 'layer'), wanted.signal)
        const { image, files } = await makeImage(folder, layer, base, wanted)
        made = image
        await this.#erofs.get(
          image.id,
          layerBlobs(image, (digest) => files.get(digest)!),
          wanted,
        )
        // The conversion has read every layer to its end.
        return { images: [{ image, names }], files, isVerified: true }
      })
      return image!
    } catch (error) {
      if (made) await this.#erofs.remove(made.id)
      throw error
    } finally {
      wanted.layer.destroy()
    }
  }

  /** Gives an image's layers another config, and a name to the image that they make with it. Rejects as `add` does. */
  async relabel(
    base: string,
    wanted: Pick<NewImage, 'config' | 'comment' | 'createdBy'> & { reference: string },
  ): Promise<Image> {
    const names = [tagName(wanted.reference)]
    let made: StoredImage | undefined
    try {
      const [image] = await this.#bring('the image was made', {}, async (folder) => {
        const [held] = await this.#hold(folder, () => [this.#catalog.find(base).image], (each) => each) // prettier-ignore
        const { image, files } = await relabelImage(folder, held!, wanted)
        made = image
        await this.#erofs.share(await this.erofs({ id: held!.id }), image.id)
        return { images: [{ image, names }], files, isVerified: true }
      })
      return image!
    } catch (error) {
      if (made) await this.#erofs.remove(made.id)
      throw error
    }
  }

  /** Bytes on disk of each image, and of all together. */
  async usage(): Promise<{ images: ImageUsage[]; total: number }> {
    const images = this.#catalog.images()
    return usageOf(images, await this.#erofs.sizes(images.map(({ id }) => id)))
  }

  /**
   * Has the registry check a login; nothing of it is kept. Rejects with UNAUTHORIZED, INVALID_ARGUMENT,
   * REGISTRY_UNREACHABLE or the signal's reason.
   */
  async login(auth: RegistryAuth, { signal }: { signal?: AbortSignal } = {}): Promise<void> {
    const host = registryOf(auth)
    if (!auth.username || !auth.password) {
      throw new EngineError('INVALID_ARGUMENT', `a login to ${host} needs a user name and a password`)
    }
    await using work = await makeWorkFolder(this.#work)
    const insecure = isLoopback(host) || this.#insecure.has(host)
    await checkLogin(auth, { host, insecure, authFile: join(work.path, 'auth.json') }, signal)
  }

  list(): Promise<Image[]> {
    return Promise.resolve(this.#catalog.images().map((image) => this.#catalog.describe(image)))
  }

  /** By name, id, or the beginning of an id. Rejects with IMAGE_NOT_FOUND, or INVALID_ARGUMENT where several begin so. */
  async get(name: string): Promise<Image> {
    return this.#catalog.describe(this.#catalog.find(name).image)
  }

  /** How an image was built, newest step first. Rejects as `get` does. */
  async history(name: string): Promise<HistoryStep[]> {
    return historyOf(this.#catalog.find(name).image)
  }

  /**
   * Images as one archive that docker, skopeo and `load` read, made while it is read. Rejects as `get` does; the stream
   * ends with an error where a file cannot be read or the signal aborts.
   */
  async save(names: string[], { signal }: { signal?: AbortSignal } = {}): Promise<Readable> {
    const work = await makeWorkFolder(this.#work)
    try {
      const images = await this.#hold(work.path, () => savedImages(this.#catalog, names), (each) => each.image) // prettier-ignore
      const archive = Readable.from(
        saveArchive(images, (digest) => join(work.path, hexOf(digest))),
        { objectMode: false },
      )
      archive.once('close', () => void work[Symbol.asyncDispose]().then(undefined, () => {}))
      return signal ? addAbortSignal(signal, archive) : archive
    } catch (error) {
      await work[Symbol.asyncDispose]()
      throw error
    }
  }

  /**
   * Sends an image to the registry in its name; with neither `tag` nor a tag in the name, all tags of the repository.
   * Rejects with IMAGE_NOT_FOUND, INVALID_ARGUMENT, UNAUTHORIZED, NOT_FOUND, NOT_SUPPORTED, REGISTRY_UNREACHABLE or the
   * signal's reason.
   */
  async push(
    name: string,
    options: ProgressOptions & { tag?: string; auth?: RegistryAuth } = {},
  ): Promise<void> {
    await using work = await makeWorkFolder(this.#work)
    const folder = join(work.path, 'oci')
    const blobs = join(folder, 'blobs', 'sha256')
    await mkdir(blobs, { recursive: true })
    const images = await this.#hold(blobs, () => pushedImages(this.#catalog, name, options.tag), (each) => each.image) // prettier-ignore
    const reference = parseReference(images[0]!.name)
    const { domain } = reference
    options.onProgress?.({ status: `The push refers to repository [${repository(reference)}]` })
    const access = {
      host: domain,
      insecure: isLoopback(domain) || this.#insecure.has(domain),
      authFile: await writeAuthFile(work.path, domain, options.auth),
    }
    for (const image of images) await push(image, { ...options, folder, access })
  }

  /** Gives an image one more name, taking it from the image that had it. */
  tag(name: string, newName: string): Promise<void> {
    return this.#change(async () => {
      const { image } = this.#catalog.find(name)
      await this.#commit(this.#catalog.with(image, [tagName(newName)]))
    })
  }

  /**
   * Removes a name, and with its last name the image. `inUse` answers with the names of an image's containers: it stays
   * while there are any. Rejects with CONFLICT; `force` takes away all names, or the last one of an image in use.
   */
  remove(
    name: string,
    options: { force: boolean; inUse(id: string): string[] },
  ): Promise<{ untagged: string[]; deleted: string[] }> {
    return this.#change(async () => {
      const { image, name: tag } = this.#catalog.find(name)
      const all = this.#catalog.names(image.id)
      const names = tag ? this.#catalog.goingWith(image, tag) : all
      const last = names.length === all.length
      const users = last ? options.inUse(image.id) : []
      if (users.length > 0 && !(tag && options.force)) {
        throw new EngineError(
          'CONFLICT',
          `cannot remove ${name}: ${users.slice(0, 5).join(', ')}${users.length > 5 ? ', …' : ''} ` +
            `${users.length === 1 ? 'uses' : 'use'} the image; remove ${users.length === 1 ? 'it' : 'them'} first`,
        )
      }
      if (!tag && !options.force && this.#catalog.isAmbiguous(image)) {
        throw new EngineError(
          'CONFLICT',
          `cannot remove ${name}: the image has several names; remove them by name, or all with --force`,
        )
      }
      const keep = users.length > 0
      await this.#commit(this.#catalog.without(image, names, keep))
      if (!last || keep) return { untagged: names.map(familiar), deleted: [] }
      await this.#erofs.remove(image.id)
      await this.#sweepBlobs()
      const left = this.#digests()
      // As in Docker, the image first and then the layers that nothing else has.
      const deleted = [
        image.id,
        ...image.config.diffIds.filter((_, at) => !left.has(image.manifest.layers[at]!.digest)),
      ]
      return { untagged: names.map(familiar), deleted: [...new Set(deleted)] }
    })
  }

  /**
   * The image as one erofs file, converted where it is not there yet; one conversion runs however many ask. Rejects with
   * IMAGE_NOT_FOUND, IMAGE_INVALID, DIGEST_MISMATCH, DISK_FULL or the signal's reason.
   */
  async erofs(image: Pick<Image, 'id'>, options: ProgressOptions = {}): Promise<ErofsImage> {
    const stored = this.#catalog.find(image.id).image
    const layers = layerBlobs(stored, (digest) => this.#layout.blobPath(digest))
    return this.#erofs.get(stored.id, layers, options)
  }

  /** Looks images up and links their blobs into a folder, where they stay whatever is removed meanwhile. */
  #hold<T>(folder: string, look: () => T[], imageOf: (found: T) => StoredImage): Promise<T[]> {
    return this.#change(async () => {
      const found = look()
      const blobs = new Set(found.flatMap((each) => blobsOf(imageOf(each)).map(({ digest }) => digest)))
      for (const digest of blobs) await link(this.#layout.blobPath(digest), join(folder, hexOf(digest)))
      return found
    })
  }

  async #bring(
    doing: string,
    options: ProgressOptions,
    fetch: (folder: string) => Promise<Delivery>,
  ): Promise<Image[]> {
    try {
      await using work = await makeWorkFolder(this.#work)
      const delivery = await fetch(work.path)
      if (!delivery.isVerified) await verifyLayers(delivery, this.#isKnown, options)
      return await this.#change(() => this.#accept(delivery, options.signal))
    } catch (error) {
      options.signal?.throwIfAborted()
      throw storeError(error, doing)
    }
  }

  async #accept({ images, files }: Delivery, signal?: AbortSignal): Promise<Image[]> {
    signal?.throwIfAborted()
    let catalog = this.#catalog
    try {
      for (const [digest, file] of files) await this.#layout.adopt(file, digest)
      for (const { image, names } of images) catalog = catalog.with(image, names)
      await this.#commit(catalog)
    } catch (error) {
      await this.#sweepBlobs()
      throw error
    }
    return [...new Set(images.map(({ image }) => image.id))].map((id) =>
      catalog.describe(catalog.find(id).image),
    )
  }

  async #commit(catalog: Catalog): Promise<void> {
    const named = new Set(catalog.entries().map(({ name }) => name))
    // A name that was pulled again leads to the new image now.
    this.#unreadable = this.#unreadable.filter(({ name }) => !name || !named.has(name))
    await this.#layout.writeIndex([...catalog.entries(), ...this.#unreadable]).catch((error: unknown) => {
      throw storeError(error, 'the list of images was written')
    })
    this.#catalog = catalog
  }

  async #take(entry: IndexEntry): Promise<void> {
    try {
      const manifest = await this.#layout.readJsonBlob(entry.manifest)
      const { config } = parseImageManifest(manifest, entry.manifest.mediaType)
      const image = joinImage(entry.manifest, manifest, await this.#layout.readJsonBlob(config))
      this.#catalog = this.#catalog.with(image, entry.name ? [entry.name] : [])
    } catch {
      this.#unreadable.push(entry)
    }
  }

  readonly #isKnown: IsKnownLayer = (digest, diffId) =>
    this.#catalog
      .images()
      .some(({ manifest, config }) =>
        manifest.layers.some((layer, at) => layer.digest === digest && config.diffIds[at] === diffId),
      )

  #digests(): Set<string> {
    return new Set(this.#catalog.images().flatMap((image) => blobsOf(image).map(({ digest }) => digest)))
  }

  async #sweepBlobs(): Promise<void> {
    if (this.#unreadable.length === 0) await this.#layout.sweepBlobs(this.#digests())
  }

  /** Changes follow one another: each sees the catalog that the last one committed. */
  #change<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#changes.then(work)
    this.#changes = result.catch(() => {})
    return result
  }
}

function tagName(name: string): string {
  const reference = parseReference(name)
  if (!reference.digest) return canonical(reference)
  throw new EngineError('INVALID_ARGUMENT', `cannot tag as ${name}: a tag has no digest; give name:tag`)
}
