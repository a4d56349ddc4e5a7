import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { ownBytes } from '../../../contract/own-memory.ts'
import type { StandbyReport, StandbySettings } from '../../../contract/ramet.ts'
import type { Hypervisor, VirtualMachine } from '../../hypervisor/virtual-machine.ts'
import type { VmMemory } from '../../hypervisor/process-memory.ts'
import type { ContainerRecord } from '../containers/record.ts'
import type { EventBus } from '../events.ts'
import type { Origin } from '../templates.ts'
import { Demand } from './demand.ts'
import { misfitOf } from './fit.ts'
import { isShort, readHostMemory, type HostMemory } from './host-memory.ts'
import { Standby, StandbyMachine, type StandbyOrigin, type StandbyPlaces } from './standby.ts'

/** After the last start: whoever starts several containers is not held up between them. */
const QUIET_MS = 1_500
const LOOK_MS = 5_000
/** Where one could not be made the next is no likelier to be. */
const AGAIN_MS = 60_000
/** What a clone that nobody has measured yet may take of the budget. */
const GUESS_BYTES = 48 * 1024 ** 2

export interface PoolDependencies extends StandbyPlaces {
  hypervisor: Hypervisor
  settings: StandbySettings
  events: Pick<EventBus, 'subscribeToAll'>
  /** Whether a user waits for a start. */
  busy(): boolean
  isVolumeDisk(name: string): boolean
  log(message: string): void
  /** For tests. */
  make?: typeof Standby.make
  memory?: () => Promise<HostMemory>
}

export interface WaitingMemory {
  origin: StandbyOrigin
  memory: VmMemory
}

/** Clones that wait, of the templates that are started from most, so that a start need not wait for libvirt. */
export class StandbyPool {
  readonly #the: PoolDependencies
  readonly #demand = new Demand()
  readonly #waiting: Standby[] = []
  readonly #missed: Record<string, number> = {}
  readonly #bytes = new Map<string, number>()
  #settings: StandbySettings
  #hits = 0
  #dropped = 0
  #short = false
  #filling: Promise<void> | undefined
  #soon: NodeJS.Timeout | undefined
  #look: NodeJS.Timeout | undefined
  #closed = false
  #notBefore = 0

  constructor(dependencies: PoolDependencies) {
    this.#the = dependencies
    this.#settings = dependencies.settings
    dependencies.hypervisor.onStopped(({ uuid }) => {
      // One that somebody ended from outside.
      const ended = this.#waiting.find(({ vm }) => vm.uuid === uuid)
      if (ended) void this.#drop([ended]).then(() => this.#later())
    })
    dependencies.events.subscribeToAll((event) => {
      if (event.Type !== 'template' || event.Action !== 'remove') return
      this.#demand.forget(event.Actor.ID)
      void this.#drop(this.#waiting.filter(({ origin }) => origin.template.id === event.Actor.ID))
    })
  }

  /** What an engine before this one left waiting is of no use: nobody knows how it fared meanwhile. */
  async sweep(left: VirtualMachine[]): Promise<void> {
    await Promise.all(
      left.map((vm) =>
        new StandbyMachine(vm, this.#the)
          .end({ left: true })
          .catch((error: Error) => this.#the.log(`a waiting clone stays: ${error.message}`)),
      ),
    )
  }

  /** Before any VM is made: files of waiting clones whose domains are not among `uuids`. */
  async sweepFiles(uuids: string[]): Promise<void> {
    const { folder, socketDir } = this.#the
    await mkdir(folder, { recursive: true, mode: 0o700 })
    for (const name of await readdir(folder)) {
      if (!uuids.includes(name)) await rm(join(folder, name), { recursive: true, force: true })
    }
    for (const name of await readdir(socketDir)) {
      const [, short] = /^standby-([0-9a-f]{8})\./.exec(name) ?? []
      if (short && !uuids.some((uuid) => uuid.startsWith(short)))
        await rm(join(socketDir, name), { force: true })
    }
  }

  /** The machine of a container that an engine before this one gave a waiting clone to. */
  machine(vm: VirtualMachine): StandbyMachine {
    return new StandbyMachine(vm, this.#the)
  }

  /** A waiting clone for a start, or why there is none; neither for one that no clone could serve. */
  take(record: ContainerRecord, { hardware, template }: Origin): { standby?: Standby; missed?: string } {
    if (!template || template.live) return {}
    const misfit = misfitOf(record, this.#the.isVolumeDisk)
    if (misfit === undefined) this.#demand.used({ hardware, template }, record.image.reference)
    if (this.#settings.count === 0) return {}
    if (misfit !== undefined) return this.#miss(misfit)
    const at = this.#waiting.findIndex(({ origin }) => origin.template.id === template.id)
    this.#later()
    if (at < 0) return this.#miss('none was waiting')
    const [standby] = this.#waiting.splice(at, 1)
    this.#hits++
    return { standby }
  }

  /** All that wait go: somebody needs their memory. */
  async makeRoom(): Promise<void> {
    await this.#drop([...this.#waiting])
  }

  /** One that was taken could not be used. */
  failed(): void {
    this.#hits--
    this.#miss('the waiting clone could not be used')
  }

  #miss(reason: string): { missed: string } {
    this.#missed[reason] = (this.#missed[reason] ?? 0) + 1
    return { missed: reason }
  }

  async set(settings: Partial<StandbySettings>): Promise<StandbyReport> {
    this.#settings = { ...this.#settings, ...settings }
    await this.#fill()
    return this.report()
  }

  report(): StandbyReport {
    return {
      settings: this.#settings,
      waiting: this.#waiting.map(({ origin, since }) => ({
        template: origin.template.id,
        image: this.#demand.of(origin.template.id)?.image ?? '',
        since,
        bytes: this.#bytes.get(origin.template.id) ?? 0,
      })),
      hits: this.#hits,
      misses: Object.values(this.#missed).reduce((sum, each) => sum + each, 0),
      missed: { ...this.#missed },
      dropped: this.#dropped,
      short: this.#short,
    }
  }

  count(template: string): number {
    return this.#waiting.filter(({ origin }) => origin.template.id === template).length
  }

  /** What the waiting ones hold. */
  async memory(): Promise<WaitingMemory[]> {
    const measured = this.#waiting.map(async (standby) => {
      // It may have been taken or ended since.
      const memory = await standby.memory().catch(() => undefined)
      return memory && this.#waiting.includes(standby) ? [{ origin: standby.origin, memory }] : []
    })
    return (await Promise.all(measured)).flat()
  }

  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#soon)
    clearInterval(this.#look)
    await this.#filling
    await Promise.all([...this.#waiting].map((standby) => this.#drop([standby])))
  }

  #later(): void {
    if (this.#closed || this.#settings.count === 0) return
    clearTimeout(this.#soon)
    this.#soon = setTimeout(() => void this.#fill(), QUIET_MS).unref()
  }

  /** One at a time, and none while somebody waits for a start. */
  #fill(): Promise<void> {
    this.#filling ??= this.#work()
      .catch((error: Error) => {
        this.#notBefore = Date.now() + AGAIN_MS
        this.#the.log(`no further clone waits for now: ${error.message}`)
      })
      .finally(() => (this.#filling = undefined))
    return this.#filling
  }

  async #work(): Promise<void> {
    await this.#watch()
    await this.#shed()
    for (;;) {
      const next = this.#lacking()
      if (this.#closed || this.#short || next === undefined) return
      if (this.#the.busy()) return this.#later()
      const use = this.#demand.of(next)!
      const make = this.#the.make ?? Standby.make
      const standby = await make(
        this.#the.hypervisor,
        this.#the,
        use.origin,
        `waits to become a container of ${use.image}`,
      )
      this.#waiting.push(standby)
      const memory = await standby.memory()
      this.#bytes.set(next, ownBytes(memory))
      await this.#shed()
      await this.#watch()
    }
  }

  /** The template whose clones are too few, where there is room for one more. */
  #lacking(): string | undefined {
    const { count, memoryBytes } = this.#settings
    if (Date.now() < this.#notBefore) return undefined
    for (const [id, share] of this.#demand.shares(count)) {
      if (this.count(id) >= share) continue
      if (this.#held() + (this.#bytes.get(id) ?? GUESS_BYTES) <= memoryBytes) return id
    }
    return undefined
  }

  /** Lets go of those that are more than is wanted. */
  async #shed(): Promise<void> {
    const { count, memoryBytes } = this.#settings
    const shares = this.#demand.shares(count)
    const surplus = this.#waiting.filter(({ origin: { template } }, at) => {
      const before = this.#waiting
        .slice(0, at)
        .filter(({ origin }) => origin.template.id === template.id).length
      return before >= (shares.get(template.id) ?? 0)
    })
    await this.#drop(surplus)
    while (this.#held() > memoryBytes && this.#waiting.length > 0) await this.#drop(this.#waiting.slice(-1))
  }

  #held(): number {
    return this.#waiting.reduce(
      (sum, { origin }) => sum + (this.#bytes.get(origin.template.id) ?? GUESS_BYTES),
      0,
    )
  }

  /** Where memory is short they go first. Looked for only while some wait, or are about to. */
  async #watch(): Promise<void> {
    const host = await (this.#the.memory ?? readHostMemory)()
    this.#short = isShort(host, this.#settings.reserveBytes)
    if (this.#short) await this.#drop([...this.#waiting])
    clearInterval(this.#look)
    if (this.#waiting.length === 0 && !this.#short) return
    this.#look = setInterval(() => void this.#fill(), LOOK_MS).unref()
  }

  async #drop(which: Standby[]): Promise<void> {
    for (const standby of which) {
      const at = this.#waiting.indexOf(standby)
      if (at < 0) continue
      this.#waiting.splice(at, 1)
      this.#dropped++
      await standby.end().catch((error: Error) => this.#the.log(`a waiting clone stays: ${error.message}`))
    }
  }
}
