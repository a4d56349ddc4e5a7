import { EngineError } from '../../../contract/errors.ts'
import type { AgentClient } from '../../guest/agent-client.ts'
import { LogKeeper } from '../../guest/log-keeper.ts'
import type { VirtualMachine } from '../../hypervisor/virtual-machine.ts'
import type { StandbyMachine } from '../standby/standby.ts'
import { Waiters } from '../waiters.ts'
import { pathsOf, type ContainerContext, type ContainerPaths } from './context.ts'
import { ExitWaiters } from './exit-waiters.ts'
import { HealthMonitor, healthCheckOf } from './health.ts'
import { Machine } from './machine.ts'
import { logCap } from './options/log-config.ts'
import { probe } from './probe.ts'
import type { ContainerRecord } from './record.ts'
import { RestartTimer } from './restart.ts'
import type { StartTimes } from './start-times.ts'

/** What the parts of one container share: its record, its machine, and those who wait for something of it. */
export class ContainerCore {
  readonly context: ContainerContext
  readonly record: ContainerRecord
  readonly paths: ContainerPaths
  readonly output: LogKeeper
  readonly machine: Machine
  readonly health: HealthMonitor
  readonly restart = new RestartTimer()
  readonly starts = new Waiters<boolean>()
  readonly exits = new ExitWaiters()
  /** Of the start that was last. */
  times: StartTimes | undefined
  removed = false

  constructor(
    context: ContainerContext,
    record: ContainerRecord,
    machine: { vm?: VirtualMachine; taken?: StandbyMachine },
  ) {
    this.context = context
    this.record = record
    this.paths = pathsOf(context, record.id)
    const cap = logCap(record.hostConfig.LogConfig ?? undefined)
    this.output = new LogKeeper(this.paths.log, { cap, log: context.log })
    this.machine = new Machine(context, this.paths, machine)
    this.health = new HealthMonitor({
      probe: (argv, signal) => probe(this, argv, signal),
      onStatus: (status) => {
        this.record.health = status
        this.emit(`health_status: ${status}`)
        void this.save()
      },
    })
  }

  get running(): boolean {
    return this.record.phase === 'running'
  }

  get paused(): boolean {
    return this.running && !!this.record.paused
  }

  /** The agent of the running VM. Rejects with NOT_RUNNING, or with CONFLICT while nobody would answer. */
  agent(): AgentClient {
    if (this.paused)
      throw new EngineError('CONFLICT', `container ${this.record.name} is paused; unpause it first`)
    const { agent } = this.machine
    if (this.running && agent) return agent
    throw new EngineError('NOT_RUNNING', `container ${this.record.name} is not running; start it first`)
  }

  mustExist(): void {
    if (this.removed) throw new EngineError('CONTAINER_NOT_FOUND', `no such container: ${this.record.name}`)
  }

  /** Where the record gets lost nothing else does: the next engine asks the VM. */
  async save(): Promise<void> {
    await this.machine.save(this.record).catch((error: Error) => this.context.log(error.message))
  }

  /** What could not be saved has not happened. */
  async change(changes: Partial<ContainerRecord>): Promise<void> {
    const before = { ...this.record }
    // Before it is saved: the end of a run saves the record too, whenever it comes.
    Object.assign(this.record, changes)
    try {
      await this.machine.save(this.record)
    } catch (error) {
      for (const key of Object.keys(changes)) Object.assign(this.record, { [key]: Reflect.get(before, key) })
      throw error
    }
  }

  /** Probes the health of the run that is under way. */
  monitor(): void {
    const { config, startedAt, health } = this.record
    this.health.begin(healthCheckOf(config), Date.parse(startedAt), health)
  }

  emit(action: string, extra: Record<string, string> = {}): void {
    const { id, config, name, image } = this.record
    this.context.events.emit('container', action, id, {
      ...config.Labels,
      image: image.reference,
      name,
      ...extra,
    })
  }
}
