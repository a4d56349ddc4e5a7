import { randomBytes } from 'node:crypto'
import type {
  ContainerCreateRequest,
  ContainerCreateResponse,
  ContainerInspect,
  ContainerPruneResponse,
  ContainerSummary,
  ContainerUpdateRequest,
  ContainerUpdateResponse,
  Filters,
  WaitCondition,
  WaitResponse,
} from '../../../contract/docker.ts'
import { EngineError } from '../../../contract/errors.ts'
import type { VirtualMachine, VmState } from '../../hypervisor/virtual-machine.ts'
import type { StandbyMachine } from '../standby/standby.ts'
import type { MountRecord } from '../mounts/record.ts'
import { checkPlatform } from '../../images/platform.ts'
import { allocatedBytes } from '../file-memory.ts'
import { guestLimits, reservedOf, vmLimits, withDefaults } from '../limits.ts'
import { warmStart } from '../live/warm-images.ts'
import { warmByItself } from '../live/warm-starts.ts'
import { capabilities } from './capabilities.ts'
import { mergeConfig } from './config.ts'
import { Container } from './container.ts'
import type { ContainerContext } from './context.ts'
import { isPruned, passes } from './filter.ts'
import { sweepFiles } from './files.ts'
import { inventName, parseName } from './names.ts'
import { checkOptions } from './options/check.ts'
import { wantedPorts } from './ports.ts'
import { decode, newRecord, vmUuid, type ContainerRecord } from './record.ts'
import { wantsStartAtBoot } from './restart.ts'
import { inspectView, summaryView } from './views.ts'

interface StopOptions {
  timeoutSeconds?: number
  signal?: string
}

/** All containers, by id. What Docker's API calls "containers", without its HTTP. */
export class ContainerService {
  readonly #context: ContainerContext
  readonly #containers = new Map<string, Container>()
  /** Names of containers that are being made: taken before their record is written. */
  readonly #reserved = new Set<string>()
  /** Volumes of containers that are being made, each as often. */
  readonly #reservedVolumes: string[] = []

  constructor(context: ContainerContext) {
    this.#context = context
    context.hypervisor.onStopped(({ uuid }) => this.#byUuid(uuid)?.vmStopped())
  }

  /** Takes up what an engine before this one left. The only way in which containers come up, crash or not. */
  async recover(
    found: { vm: VirtualMachine; record: string; state: VmState }[],
    waiting: VirtualMachine[] = [],
  ): Promise<void> {
    await Promise.all(
      found.map(async ({ vm, record: text }) => {
        const record = decode(text)
        if (!record) {
          this.#context.log(`the record of VM ${vm.name} cannot be read; it is left alone`)
          return
        }
        const taken = waiting.find(({ uuid }) => uuid === record.standby)
        const container = this.#container(record, vm, taken && this.#context.standby.machine(taken))
        this.#containers.set(record.id, container)
        await container.adopt().catch((error: Error) => {
          this.#context.log(`container ${record.name} cannot be taken up: ${error.message}`)
        })
      }),
    )
    await sweepFiles(this.#context, new Set(found.map(({ vm }) => vm.name)))
    for (const container of this.#containers.values()) {
      if (!container.restarting && wantsStartAtBoot(container.record)) void container.start().catch(() => {})
    }
  }

  async create(
    name: string | undefined,
    request: ContainerCreateRequest,
    { platform }: { platform?: string } = {},
  ): Promise<ContainerCreateResponse> {
    const warnings = checkOptions(request)
    if (!request.Image) throw new EngineError('INVALID_ARGUMENT', 'no image named; give Image in the request')
    const image = await this.#context.images.get(request.Image)
    if (platform) checkPlatform(image, request.Image, platform)
    const { templates } = this.#context
    const warm = await warmStart(templates, image, request)
    const asked = warm.request.HostConfig ?? {}
    // What was frozen has the size that it has.
    const hostConfig = warm.record.frozen ? asked : withDefaults(asked, this.#context.limits)
    const networks = this.#context.networks.requested(request)
    guestLimits(hostConfig)
    reservedOf(hostConfig)
    const unenforced = await this.#context.hypervisor.unenforced(vmLimits(hostConfig))
    const kept: string[] = []
    const keep = (volume: string): void => {
      kept.push(volume)
      this.#reservedVolumes.push(volume)
    }
    let mounts: MountRecord[] = []
    try {
      const container = await this.add(name, async (id, chosen) => {
        const config = mergeConfig(image.config, warm.request, id)
        // What the start would refuse is refused now, where the user still sees it.
        wantedPorts(config, hostConfig)
        capabilities(hostConfig)
        mounts = await this.#context.mounts.plan(config, hostConfig, (other) => this.#mountsOf(other), keep)
        warnings.push(...this.#context.networks.warnings({ config, hostConfig, networks }))
        warnings.push(...(await this.#context.mounts.warnings(mounts, config.User ?? '')))
        const reference = { id: image.id, reference: request.Image! }
        const plain = newRecord(id, chosen, { image: reference, config, hostConfig })
        const record = { ...plain, networks, mounts, ...warm.record }
        return { ...record, ...(await warmByItself(templates, record, this.#context.warm)) }
      })
      return {
        Id: container.id,
        Warnings: [...warnings, ...unenforced],
      }
    } catch (error) {
      release(this.#reservedVolumes, kept.splice(0))
      await this.#context.mounts.removeAnonymous(mounts)
      throw error
    } finally {
      release(this.#reservedVolumes, kept)
    }
  }

  /** Makes a container of the record that `make` answers for an id and a name: the one given, or an invented one. */
  async add(
    name: string | undefined,
    make: (id: string, name: string) => ContainerRecord | Promise<ContainerRecord>,
  ): Promise<Container> {
    const chosen = name ? parseName(name) : inventName((each) => this.#isTaken(each))
    this.#reserve(chosen)
    try {
      const container = this.#container(await make(randomBytes(32).toString('hex'), chosen))
      await container.create()
      this.#containers.set(container.id, container)
      return container
    } finally {
      this.#reserved.delete(chosen)
    }
  }

  async list(options: {
    all: boolean
    limit?: number
    size: boolean
    filters: Filters
  }): Promise<ContainerSummary[]> {
    const { before = [], since = [], ...filters } = options.filters
    const created = (idOrName: string): string => this.find(idOrName).record.createdAt
    const [earlierThan, laterThan] = [before.map(created), since.map(created)]
    const everything = options.all || options.limit !== undefined || options.filters['status'] !== undefined
    const chosen = [...this.#containers.values()]
      .filter((container) => everything || container.running || container.restarting)
      .filter((container) => passes(container, filters))
      .filter(({ record }) => earlierThan.every((time) => record.createdAt < time))
      .filter(({ record }) => laterThan.every((time) => record.createdAt > time))
      .sort((a, b) => b.record.createdAt.localeCompare(a.record.createdAt))
      .slice(0, options.limit)
    return Promise.all(
      chosen.map(async (container) => {
        const row = summaryView(container)
        return options.size ? { ...row, SizeRw: await allocatedBytes([container.disk]) } : row
      }),
    )
  }

  async inspect(idOrName: string, options: { size: boolean }): Promise<ContainerInspect> {
    const container = this.find(idOrName)
    const pid = container.running ? await container.vm?.pid().catch(() => 0) : 0
    return inspectView(container, pid ?? 0, options.size ? await allocatedBytes([container.disk]) : undefined)
  }

  async start(idOrName: string): Promise<void> {
    await this.find(idOrName).start()
  }

  async stop(idOrName: string, options: StopOptions): Promise<void> {
    await this.find(idOrName).stop(options)
  }

  async kill(idOrName: string, signal: string | undefined): Promise<void> {
    await this.find(idOrName).kill(signal)
  }

  async pause(idOrName: string): Promise<void> {
    await this.find(idOrName).pause()
  }

  async unpause(idOrName: string): Promise<void> {
    await this.find(idOrName).unpause()
  }

  async restart(idOrName: string, options: StopOptions): Promise<void> {
    await this.find(idOrName).restart(options)
  }

  /** Rejects with NAME_TAKEN, or with INVALID_ARGUMENT where it is no name, or the one that it has. */
  async rename(idOrName: string, name: string): Promise<void> {
    const container = this.find(idOrName)
    const chosen = parseName(name)
    if (chosen === container.record.name) {
      throw new EngineError('INVALID_ARGUMENT', `container ${chosen} has that name already; give another`)
    }
    this.#reserve(chosen)
    try {
      await container.rename(chosen)
    } finally {
      this.#reserved.delete(chosen)
    }
  }

  async update(idOrName: string, request: ContainerUpdateRequest): Promise<ContainerUpdateResponse> {
    const container = this.find(idOrName)
    await container.update(request)
    return { Warnings: await this.#context.hypervisor.unenforced(vmLimits(container.record.hostConfig)) }
  }

  /**
   * Removes containers that do not run: those with every label of the filter `label`, none of `label!`, and made no
   * later than `until` (unix nanoseconds). Bytes are those of their disks.
   */
  async prune(options: { filters: Filters; until?: bigint }): Promise<ContainerPruneResponse> {
    const chosen = [...this.#containers.values()].filter((container) => isPruned(container, options))
    const answer: ContainerPruneResponse = { ContainersDeleted: [], SpaceReclaimed: 0 }
    for (const container of chosen) {
      const bytes = await allocatedBytes([container.disk])
      try {
        await container.remove({ force: false })
      } catch (error) {
        // It was started, or removed by hand, in the meantime.
        const code = error instanceof EngineError ? error.code : undefined
        if (code === 'CONFLICT' || code === 'CONTAINER_NOT_FOUND') continue
        throw error
      }
      answer.ContainersDeleted.push(container.id)
      answer.SpaceReclaimed += bytes
    }
    const reclaimed = String(answer.SpaceReclaimed)
    this.#context.events.emit('container', 'prune', '', { reclaimed })
    return answer
  }

  async remove(idOrName: string, options: { force: boolean; volumes?: boolean }): Promise<void> {
    const container = this.find(idOrName)
    await container.remove(options)
  }

  async wait(
    idOrName: string,
    condition: WaitCondition,
    signal: AbortSignal,
  ): Promise<{ result: Promise<WaitResponse> }> {
    const container = this.find(idOrName)
    const code = container.exits.wait(
      condition,
      { running: container.running, last: container.record.exitCode },
      signal,
    )
    const result = code.then((StatusCode): WaitResponse => {
      const { error } = container.record
      return error ? { StatusCode, Error: { Message: error } } : { StatusCode }
    })
    return { result }
  }

  async resize(idOrName: string, size: { rows: number; cols: number }): Promise<void> {
    await this.find(idOrName).agent().resize(size.cols, size.rows)
  }

  /** By id, name, or a prefix of an id that only one has. Rejects with CONTAINER_NOT_FOUND. */
  find(idOrName: string): Container {
    const bare = idOrName.replace(/^\//, '')
    const all = [...this.#containers.values()]
    const exact = this.#containers.get(bare) ?? all.find(({ record }) => record.name === bare)
    if (exact) return exact
    const matching = /^[0-9a-f]+$/.test(bare) ? all.filter(({ id }) => id.startsWith(bare)) : []
    if (matching.length === 1) return matching[0]!
    throw new EngineError(
      'CONTAINER_NOT_FOUND',
      matching.length
        ? `more than one container's id begins with '${bare}'; give more of it`
        : `no such container: ${bare}`,
    )
  }

  /** Of every container, whether it runs or not. */
  records(): ContainerRecord[] {
    return [...this.#containers.values()].map(({ record }) => record)
  }

  all(): Container[] {
    return [...this.#containers.values()]
  }

  running(): Container[] {
    return [...this.#containers.values()].filter((container) => container.running)
  }

  /** Names of the containers that were made from an image. */
  usersOf(imageId: string): string[] {
    return [...this.#containers.values()]
      .filter(({ record }) => record.image.id === imageId)
      .map(({ record }) => record.name)
  }

  /** Their ids. */
  idsOf(imageId: string): string[] {
    return this.records().flatMap(({ id, image }) => (image.id === imageId ? id : []))
  }

  /** Ids of the containers that have a volume mounted, whether they run or not; '' for one that is being made. */
  usersOfVolume(name: string): string[] {
    const has = ({ record }: Container): boolean =>
      (record.mounts ?? []).some(({ type, source }) => type === 'volume' && source === name)
    const users = [...this.#containers.values()].filter(has).map(({ id }) => id)
    return this.#reservedVolumes.includes(name) ? [...users, ''] : users
  }

  #mountsOf(idOrName: string): MountRecord[] {
    return this.find(idOrName).record.mounts ?? []
  }

  /** The engine goes; containers run on. */
  close(): void {
    for (const container of this.#containers.values()) container.detach()
  }

  #container(record: ContainerRecord, vm?: VirtualMachine, taken?: StandbyMachine): Container {
    const onRemoved = (): boolean => this.#containers.delete(record.id)
    return new Container(this.#context, record, { vm, taken, onRemoved })
  }

  /** Keeps a name from others while a record with it is being written. */
  #reserve(name: string): void {
    if (this.#isTaken(name)) {
      throw new EngineError(
        'NAME_TAKEN',
        `the name '${name}' is in use by another container; remove or rename that one, or choose another name`,
      )
    }
    this.#reserved.add(name)
  }

  #isTaken(name: string): boolean {
    return (
      this.#reserved.has(name) || [...this.#containers.values()].some(({ record }) => record.name === name)
    )
  }

  #byUuid(uuid: string): Container | undefined {
    return [...this.#containers.values()].find(({ id, vm }) => vmUuid(id) === uuid || vm?.uuid === uuid)
  }
}

/** Takes each of `names` out once. */
function release(from: string[], names: string[]): void {
  for (const name of names) from.splice(from.indexOf(name), 1)
}
