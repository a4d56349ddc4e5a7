import type { ContainerUpdateRequest, Health, MountPoint } from '../../../contract/docker.ts'
import type { EndpointSettings } from '../../../contract/docker-networks.ts'
import { EngineError } from '../../../contract/errors.ts'
import type { AgentClient } from '../../guest/agent-client.ts'
import { LogKeeper } from '../../guest/log-keeper.ts'
import { lastExit, repairLog } from '../../guest/log-reader.ts'
import type { VirtualMachine } from '../../hypervisor/virtual-machine.ts'
import { limitsDiffer } from '../limits.ts'
import { failpoint } from '../failpoint.ts'
import { Mutex } from '../mutex.ts'
import type { Run } from '../networks/attachments.ts'
import type { StandbyMachine } from '../standby/standby.ts'
import { Waiters } from '../waiters.ts'
import { pathsOf, type ContainerContext, type ContainerPaths } from './context.ts'
import { createDisk, diskPath, replaceDisk } from './disk.ts'
import { makeFiles, markFinished, markUnfinished, removeFiles } from './files.ts'
import { HealthMonitor, healthCheckOf } from './health.ts'
import { exitCodeOf } from './exit-code.ts'
import { ExitWaiters } from './exit-waiters.ts'
import { Machine } from './machine.ts'
import { logCap } from './options/log-config.ts'
import { settlePorts } from './live-ports.ts'
import { probe } from './probe.ts'
import { allocatePorts, wantedPorts } from './ports.ts'
import type { ContainerRecord } from './record.ts'
import type { StartTimes } from './start-times.ts'
import { RestartTimer, wantsRestart } from './restart.ts'
import { updated } from './update.ts'
import { within } from './within.ts'

/** After the last signal: what the guest may still take to write out its disk and power off. */
const POWER_OFF_MS = 5_000
const DEFAULT_STOP_SECONDS = 10

/** Exit status of a container whose VM ended without telling one: it was killed from outside. */
const LOST_EXIT_CODE = 137

/**
 * One container: its record, its disk, and, while it runs, its machine. Changes of state run one after the other; they
 * share that order, so they stay in one file although it is a long one.
 */
export class Container {
  readonly #context: ContainerContext
  readonly #changes = new Mutex()
  readonly #restart = new RestartTimer()
  readonly #starts = new Waiters<boolean>()
  readonly exits = new ExitWaiters()
  readonly paths: ContainerPaths
  readonly output: LogKeeper
  record: ContainerRecord
  removed = false
  readonly #onRemoved: () => void
  readonly #machine: Machine
  readonly #health: HealthMonitor
  #times: StartTimes | undefined
  #finishing: Promise<void> | undefined
  #resuming: Promise<void> | undefined

  /** `onRemoved` is told when nothing of the container is left. */
  constructor(
    context: ContainerContext,
    record: ContainerRecord,
    options: { vm?: VirtualMachine; taken?: StandbyMachine; onRemoved(): void },
  ) {
    this.#context = context
    this.#onRemoved = options.onRemoved
    this.record = record
    this.paths = pathsOf(context, record.id)
    const cap = logCap(record.hostConfig.LogConfig ?? undefined)
    this.output = new LogKeeper(this.paths.log, { cap, log: context.log })
    this.#machine = new Machine(context, this.paths, options)
    this.#health = new HealthMonitor({
      probe: (argv, signal) => probe(this, argv, signal),
      onStatus: (status) => {
        this.record.health = status
        this.emit(`health_status: ${status}`)
        void this.#save()
      },
    })
  }

  get id(): string {
    return this.record.id
  }

  /** Its writable disk. */
  get disk(): string {
    return diskPath(this.paths, this.record)
  }

  get running(): boolean {
    return this.record.phase === 'running'
  }

  /** It runs, but its VM's CPUs stand still. */
  get paused(): boolean {
    return this.running && !!this.record.paused
  }

  get restarting(): boolean {
    return this.#restart.pending
  }

  /** What the health check found; undefined where there is none. */
  get health(): Health | undefined {
    return this.#health.health
  }

  /** As Docker describes them. */
  get networks(): Record<string, EndpointSettings> {
    return this.#context.networks.views(this.record)
  }

  get mounts(): MountPoint[] {
    return this.#context.mounts.points(this.record.mounts ?? [])
  }

  get vm(): VirtualMachine | undefined {
    return this.#machine.vm
  }

  /** The agent of the running VM. Rejects with NOT_RUNNING, or with CONFLICT while nobody would answer. */
  agent(): AgentClient {
    if (this.paused)
      throw new EngineError('CONFLICT', `container ${this.record.name} is paused; unpause it first`)
    const { agent } = this.#machine
    if (this.running && agent) return agent
    throw new EngineError('NOT_RUNNING', `container ${this.record.name} is not running; start it first`)
  }

  /** Writes disk and record. Leaves nothing behind on failure. */
  async create(): Promise<void> {
    try {
      await makeFiles(this.paths)
      const hardware = await this.#context.templates.hardwareFor(this.record)
      await createDisk(this.#context, this.paths, this.record)
      failpoint('create.files')
      await this.#machine.define(this.record, { hardware })
      failpoint('create.defined')
      await markFinished(this.paths)
    } catch (error) {
      await removeFiles(this.paths)
      throw error
    }
    this.emit('create')
  }

  start(): Promise<void> {
    this.#restart.cancel()
    return this.#changes.run(() => this.#start())
  }

  async #start(): Promise<void> {
    this.#mustExist()
    if (this.paused)
      throw new EngineError('CONFLICT', `container ${this.record.name} is paused; unpause it instead`)
    if (this.running)
      throw new EngineError('NOT_MODIFIED', `container ${this.record.name} is already running`)
    const { record } = this
    this.#times = this.#context.starts.begin({ id: record.id, name: record.name })
    try {
      const origin = await this.#context.templates.forContainer(record)
      // A clone of the last run that is still on its way out holds the disk and the ports.
      await this.#machine.end()
      const wayOut = this.#context.networks.hasWayOut(record)
      const ports = await allocatePorts(wayOut ? wantedPorts(record.config, record.hostConfig) : [])
      this.#context.networks.take(record)
      await repairLog(this.paths.log)
      Object.assign(record, { phase: 'starting', run: record.run + 1, ports, error: '', oomKilled: false })
      record.stoppedByUser = false
      record.paused = false
      record.health = undefined
      record.templateId = origin.template?.id ?? ''
      const { memoryBytes, vcpus } = origin.hardware
      record.vm = { memoryBytes, vcpus }
      failpoint('start.begun')
      const times = this.#times
      await this.#context.admission.during(record.name, origin, () =>
        this.#machine.launch(record, origin, times),
      )
      failpoint('start.launched')
      record.phase = 'running'
      record.frozen = undefined
      record.startedAt = new Date().toISOString()
      await this.#machine.save(record)
      failpoint('start.saved')
    } catch (error) {
      await this.#startFailed(error)
      throw error
    }
    this.#watch()
    this.#starts.release(true)
    this.#context.networks.announce('connect', record)
    this.emit('start')
  }

  /** Resolves once it runs: at once, or with its next start. Answers false where that did not come about, or `signal` aborts. */
  async started(signal: AbortSignal): Promise<boolean> {
    return this.running || this.#starts.next(signal).catch(() => false)
  }

  async #startFailed(error: unknown): Promise<void> {
    const { record } = this
    this.#machine.closeLink()
    await this.#machine.end().catch(() => {})
    record.phase = record.startedAt ? 'exited' : 'created'
    record.exitCode = exitCodeOf(error)
    record.error = (error as Error).message
    record.ports = []
    this.#context.networks.release(record)
    await this.#machine.save(record).catch(() => {})
    this.#starts.release(false)
    this.exits.exited(record.exitCode)
    if (record.hostConfig.AutoRemove) void this.#autoRemove()
  }

  /** Lends its running machine to a change that must not meet another: a freeze. */
  lend<T>(work: (machine: Machine) => Promise<T>): Promise<T> {
    return this.#changes.run(async () => {
      this.#mustExist()
      this.agent()
      return work(this.#machine)
    })
  }

  /** Goes back to an earlier instant, memory and disk; what was since is lost, but for the log. */
  rewind(to: { id: string; layers: string[] }): Promise<void> {
    this.#restart.cancel()
    return this.#changes.run(async () => {
      this.#mustExist()
      const { record } = this
      this.#health.end()
      this.#machine.closeLink()
      // Nobody is told of an end: the container goes on, only elsewhere in time.
      record.phase = 'exited'
      await this.#machine.end()
      record.frozen = to.id
      await replaceDisk(this.#context, this.paths, record, to.layers, () => this.#machine.save(record))
      await this.#start()
    })
  }

  /** Stops the VM's CPUs. Rejects with NOT_RUNNING, or with CONFLICT where they stand still already. */
  pause(): Promise<void> {
    return this.#changes.run(async () => {
      this.#mustExist()
      this.agent()
      // A probe under way would only run into its timeout.
      this.#health.end()
      await this.vm!.suspend()
      this.record.paused = true
      await this.#save()
      this.emit('pause')
    })
  }

  unpause(): Promise<void> {
    return this.#changes.run(async () => {
      this.#mustExist()
      if (!this.paused) throw new EngineError('CONFLICT', `container ${this.record.name} is not paused`)
      await this.#resume()
      if (this.running || !this.record.error) return
      throw new EngineError(
        'GUEST_ERROR',
        `container ${this.record.name} did not survive its pause: ${this.record.error}`,
      )
    })
  }

  /** Where the record gets lost nothing else does: the next engine asks the VM. */
  async #save(): Promise<void> {
    await this.#machine.save(this.record).catch((error: Error) => this.#context.log(error.message))
  }

  /** Once, however many ask: a kill does not wait for the change of state that is under way. */
  #resume(): Promise<void> {
    this.#resuming ??= this.#letRun().finally(() => (this.#resuming = undefined))
    return this.#resuming
  }

  async #letRun(): Promise<void> {
    await this.vm!.resume()
    this.record.paused = false
    await this.#save()
    this.emit('unpause')
    // An engine before this one paused it: nobody has spoken to its guest since.
    if (this.#machine.agent) this.#monitor()
    else await this.#takeUp()
  }

  /**
   * Lends the agent that sees the container's files: that of its running VM, else of one that runs only for this, and
   * that nothing else is told of. Rejects with CONFLICT where it is paused.
   */
  async withFiles<T>(work: (agent: AgentClient) => Promise<T>): Promise<T> {
    this.#mustExist()
    if (this.running) return work(this.agent())
    return this.#changes.run(async () => {
      this.#mustExist()
      if (this.running) return work(this.agent())
      // Its memory knows its disk as it is: nobody else may write to it.
      if (this.record.frozen)
        throw new EngineError('CONFLICT', `container ${this.record.name} waits frozen; start it first`)
      const origin = await this.#context.templates.forContainer(this.record)
      await this.#machine.end()
      try {
        return await work(await this.#machine.mount(this.record, origin))
      } finally {
        await this.#machine.unmount()
      }
    })
  }

  /** Sends the stop signal, after the timeout SIGKILL. Rejects with NOT_MODIFIED where it does not run. */
  stop(options: { timeoutSeconds?: number; signal?: string } = {}): Promise<void> {
    const wasRestarting = this.restarting
    this.#restart.cancel()
    return this.#changes.run(async () => {
      this.#mustExist()
      if (!this.running) {
        if (wasRestarting) return
        throw new EngineError('NOT_MODIFIED', `container ${this.record.name} is already stopped`)
      }
      this.record.stoppedByUser = true
      await this.#end(options)
      this.emit('stop')
    })
  }

  async #end(options: { timeoutSeconds?: number; signal?: string }): Promise<void> {
    const { config } = this.record
    const exited = this.exits.next()
    // Only a guest that runs takes signals. One that cannot go on any more is ended below.
    if (this.paused) await this.#resume().catch((error: Error) => this.#context.log(error.message))
    const seconds = options.timeoutSeconds ?? config.StopTimeout ?? DEFAULT_STOP_SECONDS
    await this.#signal(options.signal ?? config.StopSignal ?? 'SIGTERM')
    if (await within(exited, seconds < 0 ? undefined : seconds * 1000)) return
    await this.#signal('SIGKILL')
    if (await within(exited, POWER_OFF_MS)) return
    await this.#machine.end()
    await this.#finished()
  }

  async #signal(signal: string): Promise<void> {
    try {
      await this.agent().signal(signal)
      this.emit('kill', { signal })
    } catch (error) {
      // A guest that no longer answers is ended from outside by the caller.
      if (error instanceof EngineError && error.code === 'INVALID_ARGUMENT') throw error
    }
  }

  async kill(signal = 'SIGKILL'): Promise<void> {
    this.#mustExist()
    if (this.paused) await this.#resume()
    const agent = this.agent()
    const fatal = ['SIGKILL', 'KILL', '9'].includes(signal.toUpperCase())
    if (fatal) this.record.stoppedByUser = true
    const exited = this.exits.next()
    await agent.signal(signal)
    this.emit('kill', { signal })
    if (!fatal || (await within(exited, POWER_OFF_MS))) return
    await this.#machine.end()
    await this.#finished()
  }

  restart(options: { timeoutSeconds?: number; signal?: string }): Promise<void> {
    this.#restart.cancel()
    return this.#changes.run(async () => {
      this.#mustExist()
      if (this.running) {
        this.record.stoppedByUser = true
        await this.#end(options)
      }
      await this.#start()
      this.emit('restart')
    })
  }

  /** `name` is valid and free. */
  rename(name: string): Promise<void> {
    return this.#changes.run(async () => {
      this.#mustExist()
      const old = this.record.name
      await this.#change({ name })
      await this.#context.networks.tell(this.record)
      // Docker's clients expect the old name with its slash.
      this.emit('rename', { oldName: `/${old}` })
    })
  }

  /**
   * Has `change` put it into a network or take it out, or publish other ports, live where it runs. Rejects with CONFLICT
   * while it is paused.
   */
  changeNetworks(change: (record: ContainerRecord, run: Run | undefined) => Promise<void>): Promise<void> {
    return this.#changes.run(async () => {
      this.#mustExist()
      await change(this.record, this.running ? { vm: this.vm!, agent: this.agent() } : undefined)
      await this.#machine.save(this.record)
    })
  }

  /** Takes effect at once, on a restart that is being waited for too. */
  update(request: ContainerUpdateRequest): Promise<void> {
    return this.#changes.run(async () => {
      this.#mustExist()
      const { running, record } = this
      const hostConfig = updated(record.hostConfig, request, running ? record.vm : undefined)
      if (running && limitsDiffer(record.hostConfig, hostConfig)) {
        this.agent()
        await this.#machine.limit(hostConfig)
      }
      await this.#change({ hostConfig })
      if (this.restarting && !wantsRestart(this.record)) this.#restart.cancel()
      this.emit('update')
    })
  }

  /** What could not be saved has not happened. */
  async #change(changes: Partial<ContainerRecord>): Promise<void> {
    const before = { ...this.record }
    // Before it is saved: the end of a run saves the record too, whenever it comes.
    Object.assign(this.record, changes)
    try {
      await this.#machine.save(this.record)
    } catch (error) {
      for (const key of Object.keys(changes)) Object.assign(this.record, { [key]: Reflect.get(before, key) })
      throw error
    }
  }

  /** `volumes`: those that were made for it go too. */
  remove(options: { force: boolean; volumes?: boolean }): Promise<void> {
    return this.#changes.run(async () => {
      this.#mustExist()
      if (this.running) {
        if (!options.force) {
          throw new EngineError(
            'CONFLICT',
            `container ${this.record.name} is running; stop it first, or remove it by force`,
          )
        }
        this.record.stoppedByUser = true
        await this.#end({ timeoutSeconds: 0, signal: 'SIGKILL' })
      }
      this.#restart.cancel()
      this.#machine.closeLink()
      await this.#machine.end()
      await markUnfinished(this.paths)
      failpoint('remove.ended')
      await this.#machine.undefine()
      failpoint('remove.undefined')
      await removeFiles(this.paths)
      failpoint('remove.cleared')
      this.removed = true
      this.#onRemoved()
      if (options.volumes) await this.#context.mounts.removeAnonymous(this.record.mounts ?? [])
      this.#starts.release(false)
      this.exits.removed()
      this.emit('destroy')
    })
  }

  /** Takes up a container that an engine before this one left, in whatever state. */
  adopt(): Promise<void> {
    return this.#changes.run(async () => {
      const state = await this.#machine.state()
      const { phase, hostConfig } = this.record
      // Its engine was killed between its end and its removal.
      if (phase === 'exited' && hostConfig.AutoRemove) return void this.#autoRemove()
      // What the VM does counts: an engine may have been killed between telling it and writing that down. One that
      // has powered off while no engine ran looks paused too: its log tells.
      const ended = await lastExit(this.paths.log, this.record.run)
      this.record.paused = phase === 'running' && state === 'paused' && !ended
      if (this.paused && this.record.freezing) {
        await this.vm!.resume()
        this.record.paused = false
      }
      this.record.freezing = undefined
      if (phase === 'running' && state !== 'off' && !ended) {
        await this.#context.networks.tell(this.record)
        const settled = [
          this.#context.networks.bound(this.record, this.vm!),
          settlePorts(this.record, this.vm!),
        ]
        for (const each of settled) await each.catch((error: Error) => this.#context.log(error.message))
      }
      // A guest that stands still cannot answer: the link is made once it goes on.
      if (this.paused) return
      if (phase === 'running' && state !== 'off') return this.#takeUp()
      // A start that was cut short, or a run that ended while nobody looked: QEMU waits for somebody to end it.
      await this.#machine.endLeft()
      await this.#finished()
    })
  }

  /** Joins a run that an engine before this one began; ends it where the guest has ended, or does not answer. */
  async #takeUp(): Promise<void> {
    if (await this.#machine.rejoin(this.record)) return this.#watch()
    await this.#machine.end()
    await this.#finished()
  }

  /** The engine goes; the VM stays. */
  detach(): void {
    this.#restart.cancel()
    this.#health.end()
    this.output.end()
    this.#machine.closeLink()
  }

  /** libvirt says that the VM has stopped. */
  vmStopped(): void {
    void this.#finished()
  }

  #watch(): void {
    const agent = this.agent()
    this.output.begin()
    this.#monitor()
    void agent.waitExit.then(
      // The guest has written everything out: nothing is lost by not waiting for its power-off.
      () => this.#finished({ endMachine: true }),
      // The link broke: libvirt's event tells whether the VM did.
      () => undefined,
    )
  }

  #monitor(): void {
    const { config, startedAt, health } = this.record
    this.#health.begin(healthCheckOf(config), Date.parse(startedAt), health)
  }

  /** Ends the record of a run. Called by whoever notices first; once for each run. */
  #finished(options: { endMachine: boolean } = { endMachine: false }): Promise<void> {
    this.#finishing ??= this.#finish(options).finally(() => (this.#finishing = undefined))
    return this.#finishing
  }

  async #finish({ endMachine }: { endMachine: boolean }): Promise<void> {
    const { record } = this
    const underWay = (): boolean => record.phase === 'running' || record.phase === 'starting'
    if (!underWay()) return
    // Read first: whoever looks at the record finds the run, or its end with the exit code.
    const exit = await lastExit(this.paths.log, record.run).catch(() => undefined)
    if (!underWay()) return
    this.#times?.reached('exited')
    record.phase = 'exited'
    record.paused = false
    this.#health.end()
    this.output.end()
    this.#machine.closeLink()
    record.exitCode = exit?.code ?? LOST_EXIT_CODE
    record.oomKilled = exit?.oomKilled ?? false
    record.finishedAt = (exit ? new Date(Number(exit.timeNs / 1_000_000n)) : new Date()).toISOString()
    record.error = exit
      ? ''
      : 'the VM ended without an exit status: it was killed, crashed, or the host went down'
    record.ports = []
    this.#context.networks.release(record)
    const again = wantsRestart(record)
    if (again) record.restartCount++
    await this.#save()
    // Not before: libvirt would save the record after it. Whoever waits for the exit need not wait for this; a start
    // or a removal does.
    if (endMachine) this.#machine.end().catch((error: Error) => this.#context.log(error.message))
    this.emit('die', { exitCode: String(record.exitCode) })
    this.#context.networks.announce('disconnect', record)
    if (again) {
      const started = Date.parse(record.startedAt)
      this.#restart.schedule(Date.now() - started, () => this.start().catch(() => {}))
    }
    this.exits.exited(record.exitCode)
    if (record.hostConfig.AutoRemove) void this.#autoRemove()
  }

  async #autoRemove(): Promise<void> {
    try {
      await this.remove({ force: false, volumes: true })
    } catch (error) {
      // Somebody removed it by hand in the meantime.
      if (!this.removed) this.#context.log(`container ${this.record.name}: ${(error as Error).message}`)
    }
  }

  emit(action: string, extra: Record<string, string> = {}): void {
    const { config, name, image } = this.record
    this.#context.events.emit('container', action, this.id, {
      ...config.Labels,
      image: image.reference,
      name,
      ...extra,
    })
  }

  #mustExist(): void {
    if (this.removed) throw new EngineError('CONTAINER_NOT_FOUND', `no such container: ${this.record.name}`)
  }
}
