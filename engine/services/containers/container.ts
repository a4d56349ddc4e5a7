import type { ContainerUpdateRequest, Health, MountPoint } from '../../../contract/docker.ts'
import type { EndpointSettings } from '../../../contract/docker-networks.ts'
import { EngineError } from '../../../contract/errors.ts'
import type { AgentClient } from '../../guest/agent-client.ts'
import type { LogKeeper } from '../../guest/log-keeper.ts'
import type { VirtualMachine } from '../../hypervisor/virtual-machine.ts'
import { limitsDiffer } from '../limits.ts'
import { Mutex } from '../mutex.ts'
import type { Run } from '../networks/attachments.ts'
import type { StandbyMachine } from '../standby/standby.ts'
import { ContainerCore } from './container-core.ts'
import type { ContainerContext, ContainerPaths } from './context.ts'
import { diskPath, replaceDisk } from './disk.ts'
import type { ExitWaiters } from './exit-waiters.ts'
import type { Machine } from './machine.ts'
import { makeContainer, unmakeContainer } from './making.ts'
import { Pause } from './pause.ts'
import type { ContainerRecord } from './record.ts'
import { wantsRestart } from './restart.ts'
import { RunEnd, type AfterRun } from './run-end.ts'
import { startRun } from './run-start.ts'
import { RunWatch } from './run-watch.ts'
import { Stopping, type StopOptions } from './stopping.ts'
import { updated } from './update.ts'

/** One container: its record, its disk, and, while it runs, its machine. Changes of state run one after the other. */
export class Container {
  readonly #changes = new Mutex()
  readonly #onRemoved: () => void
  readonly #core: ContainerCore
  readonly #end: RunEnd
  readonly #watch: RunWatch
  readonly #pause: Pause
  readonly #stopping: Stopping
  readonly #after: AfterRun = {
    start: () => this.start(),
    removeBySelf: () => void this.#autoRemove(),
  }

  /** `onRemoved` is told when nothing of the container is left. */
  constructor(
    context: ContainerContext,
    record: ContainerRecord,
    options: { vm?: VirtualMachine; taken?: StandbyMachine; onRemoved(): void },
  ) {
    this.#onRemoved = options.onRemoved
    this.#core = new ContainerCore(context, record, options)
    this.#end = new RunEnd(this.#core, this.#after)
    this.#watch = new RunWatch(this.#core, this.#end)
    this.#pause = new Pause(this.#core, this.#watch)
    this.#stopping = new Stopping(this.#core, this.#pause, this.#end)
  }

  get record(): ContainerRecord {
    return this.#core.record
  }

  get id(): string {
    return this.record.id
  }

  get paths(): ContainerPaths {
    return this.#core.paths
  }

  get output(): LogKeeper {
    return this.#core.output
  }

  get exits(): ExitWaiters {
    return this.#core.exits
  }

  get removed(): boolean {
    return this.#core.removed
  }

  /** Its writable disk. */
  get disk(): string {
    return diskPath(this.paths, this.record)
  }

  get running(): boolean {
    return this.#core.running
  }

  /** It runs, but its VM's CPUs stand still. */
  get paused(): boolean {
    return this.#core.paused
  }

  get restarting(): boolean {
    return this.#core.restart.pending
  }

  /** What the health check found; undefined where there is none. */
  get health(): Health | undefined {
    return this.#core.health.health
  }

  /** As Docker describes them. */
  get networks(): Record<string, EndpointSettings> {
    return this.#core.context.networks.views(this.record)
  }

  get mounts(): MountPoint[] {
    return this.#core.context.mounts.points(this.record.mounts ?? [])
  }

  get vm(): VirtualMachine | undefined {
    return this.#core.machine.vm
  }

  /** The agent of the running VM. Rejects with NOT_RUNNING, or with CONFLICT while nobody would answer. */
  agent(): AgentClient {
    return this.#core.agent()
  }

  emit(action: string, extra?: Record<string, string>): void {
    this.#core.emit(action, extra)
  }

  /** One after the other, and only while it exists. */
  #change<T>(work: () => Promise<T>): Promise<T> {
    return this.#changes.run(async () => {
      this.#core.mustExist()
      return work()
    })
  }

  /** Writes disk and record. Leaves nothing behind on failure. */
  async create(): Promise<void> {
    await makeContainer(this.#core)
    this.emit('create')
  }

  start(): Promise<void> {
    this.#core.restart.cancel()
    return this.#change(() => this.#start())
  }

  async #start(): Promise<void> {
    await startRun(this.#core, this.#after)
    this.#watch.begin()
    this.#core.starts.release(true)
    this.#core.context.networks.announce('connect', this.record)
    this.emit('start')
  }

  /** Resolves once it runs: at once, or with its next start. Answers false where that did not come about. */
  async started(): Promise<boolean> {
    return this.running || this.#core.starts.next()
  }

  /** Lends its running machine to a change that must not meet another: a freeze. */
  lend<T>(work: (machine: Machine) => Promise<T>): Promise<T> {
    return this.#change(() => {
      this.agent()
      return work(this.#core.machine)
    })
  }

  /** Goes back to an earlier instant, memory and disk; what was since is lost, but for the log. */
  rewind(to: { id: string; layers: string[] }): Promise<void> {
    this.#core.restart.cancel()
    return this.#change(async () => {
      const { record, machine, health, context } = this.#core
      health.end()
      machine.closeLink()
      // Nobody is told of an end: the container goes on, only elsewhere in time.
      record.phase = 'exited'
      await machine.end()
      record.frozen = to.id
      await replaceDisk(context, this.paths, record, to.layers, () => machine.save(record))
      await this.#start()
    })
  }

  /** Stops the VM's CPUs. Rejects with NOT_RUNNING, or with CONFLICT where they stand still already. */
  pause(): Promise<void> {
    return this.#change(() => this.#pause.begin())
  }

  unpause(): Promise<void> {
    return this.#change(() => this.#pause.end())
  }

  /**
   * Lends the agent that sees the container's files: that of its running VM, else of one that runs only for this, and
   * that nothing else is told of. Rejects with CONFLICT where it is paused.
   */
  async withFiles<T>(work: (agent: AgentClient) => Promise<T>): Promise<T> {
    this.#core.mustExist()
    if (this.running) return work(this.agent())
    return this.#change(async () => {
      if (this.running) return work(this.agent())
      const { record, machine, context } = this.#core
      // Its memory knows its disk as it is: nobody else may write to it.
      if (record.frozen)
        throw new EngineError('CONFLICT', `container ${record.name} waits frozen; start it first`)
      const origin = await context.templates.forContainer(record)
      await machine.end()
      try {
        const mount = () => machine.mount(record, origin)
        return await work(await context.admission.readFiles(record, origin, mount))
      } finally {
        await machine.unmount()
      }
    })
  }

  /** Sends the stop signal, after the timeout SIGKILL. Rejects with NOT_MODIFIED where it does not run. */
  stop(options: StopOptions = {}): Promise<void> {
    const wasRestarting = this.restarting
    this.#core.restart.cancel()
    return this.#change(async () => {
      if (!this.running) {
        if (wasRestarting) return
        throw new EngineError('NOT_MODIFIED', `container ${this.record.name} is already stopped`)
      }
      await this.#stopping.stop(options)
      this.emit('stop')
    })
  }

  /** Does not wait for the change of state that is under way. */
  async kill(signal = 'SIGKILL'): Promise<void> {
    this.#core.mustExist()
    await this.#stopping.kill(signal)
  }

  restart(options: StopOptions): Promise<void> {
    this.#core.restart.cancel()
    return this.#change(async () => {
      if (this.running) await this.#stopping.stop(options)
      await this.#start()
      this.emit('restart')
    })
  }

  /** `name` is valid and free. */
  rename(name: string): Promise<void> {
    return this.#change(async () => {
      const old = this.record.name
      await this.#core.change({ name })
      await this.#core.context.networks.tell(this.record)
      // Docker's clients expect the old name with its slash.
      this.emit('rename', { oldName: `/${old}` })
    })
  }

  /**
   * Has `change` put it into a network or take it out, or publish other ports, live where it runs. Rejects with CONFLICT
   * while it is paused.
   */
  changeNetworks(change: (record: ContainerRecord, run: Run | undefined) => Promise<void>): Promise<void> {
    return this.#change(async () => {
      await change(this.record, this.running ? { vm: this.vm!, agent: this.agent() } : undefined)
      await this.#core.machine.save(this.record)
    })
  }

  /** Takes effect at once, on a restart that is being waited for too. */
  update(request: ContainerUpdateRequest): Promise<void> {
    return this.#change(async () => {
      const { running, record } = this
      const hostConfig = updated(record.hostConfig, request, running ? record.vm : undefined)
      if (running && limitsDiffer(record.hostConfig, hostConfig)) {
        this.agent()
        await this.#core.machine.limit(hostConfig)
      }
      await this.#core.change({ hostConfig })
      if (this.restarting && !wantsRestart(this.record)) this.#core.restart.cancel()
      this.emit('update')
    })
  }

  /** `volumes`: those that were made for it go too. */
  remove(options: { force: boolean; volumes?: boolean }): Promise<void> {
    return this.#change(async () => {
      if (this.running) {
        if (!options.force) {
          throw new EngineError(
            'CONFLICT',
            `container ${this.record.name} is running; stop it first, or remove it by force`,
          )
        }
        await this.#stopping.stop({ timeoutSeconds: 0, signal: 'SIGKILL' })
      }
      await unmakeContainer(this.#core, { volumes: options.volumes, gone: this.#onRemoved })
    })
  }

  async #autoRemove(): Promise<void> {
    try {
      await this.remove({ force: false, volumes: true })
    } catch (error) {
      // Somebody removed it by hand in the meantime.
      if (!this.removed) this.#core.context.log(`container ${this.record.name}: ${(error as Error).message}`)
    }
  }

  /** Takes up a container that an engine before this one left, in whatever state. */
  adopt(): Promise<void> {
    return this.#changes.run(async () => {
      const { phase, hostConfig } = this.record
      // Its engine was killed between its end and its removal.
      if (phase === 'exited' && hostConfig.AutoRemove) return this.#after.removeBySelf()
      await this.#watch.adopt()
    })
  }

  /** The engine goes; the VM stays. */
  detach(): void {
    const { restart, health, output, machine } = this.#core
    restart.cancel()
    health.end()
    output.end()
    machine.closeLink()
  }

  /** libvirt says that the VM has stopped. */
  vmStopped(): void {
    void this.#end.finished()
  }
}
