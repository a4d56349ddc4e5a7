import { randomUUID } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Volume, VolumeCreateRequest, VolumePruneResponse } from '../../../contract/docker-volumes.ts'
import type { Filters } from '../../../contract/docker.ts'
import { EngineError } from '../../../contract/errors.ts'
import { diskUsage } from './usage.ts'
import { syncFolder, writeDurably } from '../durable.ts'
import type { EventBus } from '../events.ts'
import { Mutex } from '../mutex.ts'
import { isPruned, passes } from './filter.ts'
import { formatDisk } from '../../hypervisor/disk.ts'
import { DISK_NAME, diskBytes, isDisk, newVolume, type VolumeRecord } from './request.ts'

export interface VolumeServiceOptions {
  folder: string
  events: EventBus
  /** Ids of the containers that use a volume. */
  usersOf(name: string): string[]
  log(message: string): void
}

/** Volumes: a folder each, with its record beside its data. A folder that begins with a dot is no volume (yet). */
export class VolumeService {
  readonly #options: VolumeServiceOptions
  readonly #volumes = new Map<string, VolumeRecord>()
  readonly #mutex = new Mutex()

  private constructor(options: VolumeServiceOptions) {
    this.#options = options
  }

  /** Reads what is there, and sweeps what a killed engine left half made or half removed. */
  static async open(options: VolumeServiceOptions): Promise<VolumeService> {
    const service = new VolumeService(options)
    await mkdir(options.folder, { recursive: true, mode: 0o700 })
    for (const name of await readdir(options.folder)) {
      if (name.startsWith('.')) await rm(join(options.folder, name), { recursive: true, force: true })
      else await service.#read(name)
    }
    return service
  }

  /** Answers the volume of that name where there is one already, whatever its labels. */
  create(request: VolumeCreateRequest): Promise<Volume> {
    return this.#mutex.run(async () => {
      const record = newVolume(request)
      const existing = this.#volumes.get(record.Name)
      if (existing) return this.#view(existing)
      const { folder, events } = this.#options
      const made = join(folder, `.new-${randomUUID()}`)
      await mkdir(join(made, '_data'), { recursive: true, mode: 0o755 })
      if (isDisk(record)) await formatDisk(join(made, DISK_NAME), diskBytes(record))
      await writeDurably(join(made, 'volume.json'), JSON.stringify(record))
      await rename(made, join(folder, record.Name))
      await syncFolder(folder)
      this.#volumes.set(record.Name, record)
      events.emit('volume', 'create', record.Name, { driver: record.Driver })
      return this.#view(record)
    })
  }

  async list(filters: Filters): Promise<Volume[]> {
    return [...this.#volumes.values()]
      .filter((record) => passes(record, this.#inUse(record.Name), filters))
      .sort((one, other) => (one.Name < other.Name ? -1 : 1))
      .map((record) => this.#view(record))
  }

  /** What a VM gets of it: a folder that is shared, or a disk of its own. */
  source(name: string): { kind: '9p' | 'disk'; path: string } {
    if (isDisk(this.#find(name))) return { kind: 'disk', path: join(this.#options.folder, name, DISK_NAME) }
    return { kind: '9p', path: this.mountpoint(name) }
  }

  /** Where its files are, whether it is there or not. */
  mountpoint(name: string): string {
    return join(this.#options.folder, name, '_data')
  }

  async inspect(name: string): Promise<Volume> {
    return this.#view(this.#find(name))
  }

  /** All of them, with what they take. */
  async usage(): Promise<Volume[]> {
    const withUsage = async (volume: Volume): Promise<Volume> => ({
      ...volume,
      UsageData: {
        RefCount: this.#options.usersOf(volume.Name).length,
        Size: await diskUsage(this.source(volume.Name).path),
      },
    })
    return Promise.all((await this.list({})).map(withUsage))
  }

  /** Forced, it does not mind a volume that is not there; one in use stays even then. */
  remove(name: string, { force }: { force: boolean }): Promise<void> {
    return this.#mutex.run(async () => {
      if (force && !this.#volumes.has(name)) return
      const record = this.#find(name)
      const users = this.#options.usersOf(name)
      if (users.length > 0) {
        throw new EngineError('CONFLICT', `remove ${name}: volume is in use - [${users.join(', ')}]`)
      }
      await this.#remove(record)
    })
  }

  prune(filters: Filters): Promise<VolumePruneResponse> {
    return this.#mutex.run(async () => {
      const pruned = [...this.#volumes.values()].filter(
        (record) => isPruned(record, filters) && !this.#inUse(record.Name),
      )
      let SpaceReclaimed = 0
      for (const record of pruned) {
        SpaceReclaimed += await diskUsage(this.source(record.Name).path)
        await this.#remove(record)
      }
      this.#options.events.emit('volume', 'prune', '', { reclaimed: String(SpaceReclaimed) })
      return { VolumesDeleted: pruned.map(({ Name }) => Name), SpaceReclaimed }
    })
  }

  async #remove({ Name, Driver }: VolumeRecord): Promise<void> {
    const { folder, events } = this.#options
    const removed = join(folder, `.removed-${randomUUID()}`)
    await rename(join(folder, Name), removed)
    await syncFolder(folder)
    this.#volumes.delete(Name)
    events.emit('volume', 'destroy', Name, { driver: Driver })
    await rm(removed, { recursive: true, force: true })
  }

  async #read(name: string): Promise<void> {
    const { folder, log } = this.#options
    try {
      const record = JSON.parse(await readFile(join(folder, name, 'volume.json'), 'utf8')) as VolumeRecord
      if (record.Name !== name) throw new Error(`it is of the volume ${record.Name}`)
      this.#volumes.set(name, record)
    } catch (error) {
      log(`the volume ${name} is left out, its record cannot be read: ${(error as Error).message}`)
    }
  }

  #find(name: string): VolumeRecord {
    const record = this.#volumes.get(name)
    if (record) return record
    throw new EngineError('NOT_FOUND', `get ${name}: no such volume`)
  }

  #inUse(name: string): boolean {
    return this.#options.usersOf(name).length > 0
  }

  #view(record: VolumeRecord): Volume {
    return { ...record, Mountpoint: this.mountpoint(record.Name) }
  }
}
