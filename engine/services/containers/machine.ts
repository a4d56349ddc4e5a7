import { rename, rm } from 'node:fs/promises'
import type { HostConfig } from '../../../contract/docker.ts'
import { AgentClient } from '../../guest/agent-client.ts'
import { lastExit } from '../../guest/log-reader.ts'
import type { GuestMount } from '../../guest/messages.ts'
import { copyDisk } from '../../hypervisor/disk.ts'
import { removeGuardFiles } from '../../hypervisor/guard.ts'
import type { DiskChain, Hardware, Share, VirtualMachine, VmState } from '../../hypervisor/virtual-machine.ts'
import { guestLimits, isLimited, vmLimits } from '../limits.ts'
import type { Standby, StandbyMachine } from '../standby/standby.ts'
import type { Origin } from '../templates.ts'
import type { ContainerContext, ContainerPaths } from './context.ts'
import { diskChain, firstDisk, mountedAhead } from './disk.ts'
import { failpoint } from '../failpoint.ts'
import { noNetwork, type GuestNetwork } from '../networks/guest.ts'
import { identity, startConfig } from './process.ts'
import { publish } from './publish.ts'
import { leaveNetworks, replug } from './plugged.ts'
import type { StartTimes } from './start-times.ts'
import { encode, vmName, vmUuid, type ContainerRecord } from './record.ts'

/** A clone answers within milliseconds; a cold boot under emulation on a busy machine takes tens of seconds. */
const AGENT_TIMEOUT_MS = 120_000
/** A guest that runs answers a new engine at once, were it not for a busy machine. */
const REJOIN_TIMEOUT_MS = 15_000

/** A container's VM and the link to its guest. What state the container is in is its owner's business. */
export class Machine {
  readonly #context: ContainerContext
  readonly #paths: ContainerPaths
  /** Its own domain, which holds the record. */
  #vm: VirtualMachine | undefined
  /** The VM that it runs in, where it took one that waited. */
  #taken: StandbyMachine | undefined
  #agent: AgentClient | undefined
  #ending: Promise<void> | undefined

  constructor(
    context: ContainerContext,
    paths: ContainerPaths,
    { vm, taken }: { vm?: VirtualMachine; taken?: StandbyMachine } = {},
  ) {
    this.#context = context
    this.#paths = paths
    this.#vm = vm
    this.#taken = taken
  }

  /** The one that it runs in, or would. */
  get vm(): VirtualMachine | undefined {
    return this.#taken?.vm ?? this.#vm
  }

  /** Forgets its domain, and the record with it. */
  async undefine(): Promise<void> {
    await this.#vm?.undefine()
  }

  get agent(): AgentClient | undefined {
    return this.#agent
  }

  /** Writes the VM down, and the record with it. */
  async define(
    record: ContainerRecord,
    { hardware, template }: Origin,
    { shares = [], disk = this.#diskOf(record, hardware) }: { shares?: Share[]; disk?: DiskChain } = {},
  ): Promise<void> {
    this.#vm = await this.#context.hypervisor.define({
      name: vmName(record.id),
      uuid: vmUuid(record.id),
      title: record.name,
      hardware: { ...hardware, goldenDisk: disk.goldenDisk },
      ramFile: template?.ramFile,
      disk: disk.file,
      diskLayers: disk.layers,
      shares,
      agentSocket: this.#paths.agentSocket,
      guardFile: this.#paths.guardFile,
      monitorSocket: this.#paths.monitorSocket,
      logFile: this.#paths.log,
      record: encode(record),
    })
  }

  #diskOf(record: ContainerRecord, { goldenDisk }: Hardware): DiskChain {
    return diskChain(this.#context, this.#paths, record, goldenDisk)
  }

  /** From nothing, or from a clone that waited, to the container's running process. */
  async launch(record: ContainerRecord, origin: Origin, times: StartTimes): Promise<void> {
    const { networks, standby: pool } = this.#context
    const network = networks.guest(record)
    const live = origin.template?.live
    const plug = async (vm: VirtualMachine): Promise<void> => {
      await networks.guardNat(record, vm)
      if (!live) await networks.plug(record, vm)
    }
    const { standby, missed } = pool.take(record, origin)
    times.from(standby ? 'standby' : origin.template ? 'clone' : 'cold', missed)
    const ready = standby && (await this.#take(record, origin, standby, network, plug, times))
    const { agent, mounts } = ready ?? (await this.#boot(record, origin, network, plug, times))
    const gone = live ? await leaveNetworks(live, this.#vm!, agent) : []
    if (live) await networks.plug(record, this.#vm!)
    for (const settings of network.interfaces) await agent.setInterface(settings)
    const config = startConfig(record, network, mounts)
    if (live) await agent.wake(config)
    else await agent.start(config)
    times.reached('running')
    await Promise.all(gone)
    const [rows = 0, columns = 0] = record.hostConfig.ConsoleSize ?? []
    if (record.config.Tty && rows > 0 && columns > 0) agent.resize(columns, rows)
  }

  /** From nothing to an agent that sees the container's files, while no process of it runs. */
  async mount(record: ContainerRecord, origin: Origin): Promise<AgentClient> {
    const cut = (vm: VirtualMachine): Promise<void> => vm.setNatLink(false)
    const { agent, mounts } = await this.#boot(record, origin, noNetwork(record), cut)
    await agent.mount(mounts)
    return agent
  }

  /** Has what was written in such a VM reach the disk, and ends it. */
  async unmount(): Promise<void> {
    await this.#agent?.finish().catch((error: Error) => this.#context.log(error.message))
    this.closeLink()
    await this.end()
  }

  /** Has a clone that waited become this container's machine; undefined where it cannot. */
  async #take(
    record: ContainerRecord,
    { hardware, template }: Origin,
    standby: Standby,
    network: GuestNetwork,
    plug: (vm: VirtualMachine) => Promise<void>,
    times: StartTimes,
  ): Promise<{ agent: AgentClient; mounts: GuestMount[] } | undefined> {
    const { vm, agent } = standby
    const { mounts: service, standby: pool, log } = this.#context
    // Whatever fails from here on, its end is this machine's.
    this.#taken = standby
    const mounts = await service.open(record.mounts ?? [], this.#paths.diskFolder)
    try {
      record.standby = vm.uuid
      const disk = this.#diskOf(record, hardware)
      const mounted = await mountedAhead(this.#context, disk, record, template)
      // Once that is saved it is the container's: should this engine die, the next one finds it named in the record.
      await Promise.all([
        this.save(record),
        rename(standby.agentSocket, this.#paths.agentSocket),
        mounted && vm.takeDisk(disk),
      ])
      failpoint('standby.taken')
      times.reached('prepared')
      for (const disk of mounts.disks) await vm.plugDisk(disk)
      times.reached('restored')
      failpoint('standby.given')
      await this.#equip(record, vm, plug)
      await vm.resume()
      // While the CPUs stand still QEMU lets nobody change this.
      await vm.takeLog(this.#paths.log)
      failpoint('standby.woken')
      times.reached('resumed')
      await this.#greet(agent, record, network, times)
      if (!mounted) await this.#exchangeDisk(vm, agent, disk)
      return { agent, mounts: mounts.guest }
    } catch (error) {
      log(`container ${record.name}: a waiting clone could not be used: ${(error as Error).message}`)
      pool.failed()
      this.closeLink()
      await this.end()
      record.standby = undefined
      times.from('clone', 'the waiting clone could not be used')
      return undefined
    } finally {
      await mounts.close()
    }
  }

  /** What a VM gets from outside before its guest goes on. */
  async #equip(
    record: ContainerRecord,
    vm: VirtualMachine,
    plug: (vm: VirtualMachine) => Promise<void>,
  ): Promise<void> {
    await plug(vm)
    await publish(record, vm)
    const limits = vmLimits(record.hostConfig)
    if (isLimited(limits)) await vm.limit(limits)
  }

  async #greet(
    agent: AgentClient,
    record: ContainerRecord,
    network: GuestNetwork,
    times?: StartTimes,
  ): Promise<void> {
    this.#agent = agent
    this.#accept(agent, record)
    await agent.identify(identity(record.config, network))
    times?.reached('identified')
    failpoint('start.joined')
  }

  async #boot(
    record: ContainerRecord,
    origin: Origin,
    network: GuestNetwork,
    plug: (vm: VirtualMachine) => Promise<void>,
    times?: StartTimes,
  ): Promise<{ agent: AgentClient; mounts: GuestMount[] }> {
    record.standby = undefined
    const { diskFile } = origin.template ?? {}
    const own = this.#diskOf(record, origin.hardware)
    const mounted = await mountedAhead(this.#context, own, record, origin.template)
    const first = diskFile !== undefined && !mounted ? this.#firstDisk() : own
    const mounts = await this.#context.mounts.open(record.mounts ?? [], this.#paths.diskFolder)
    try {
      if (first !== own) await copyDisk(diskFile!, first.file)
      await this.define(record, origin, { shares: mounts.shares, disk: first })
      failpoint('start.defined')
      times?.reached('prepared')
      await this.#vm!.createPaused()
      times?.reached('spawned')
      failpoint('start.paused')
      const there = await replug(record, origin.template?.live, mounts.shares, this.#vm!)
      if (origin.template) await this.#vm!.restore(origin.template.stateFile, this.#paths.restoreSocket)
      times?.reached('restored')
      // Now, not before: a template's device state knows nothing of them.
      for (const { id } of mounts.shares) if (!there.has(id)) await this.#vm!.plugShare(id)
      for (const disk of mounts.disks) await this.#vm!.plugDisk(disk)
      failpoint('start.restored')
    } finally {
      await mounts.close()
    }
    const vm = this.#vm!
    await this.#equip(record, vm, plug)
    const agent = await this.#wake(vm, times)
    times?.reached('joined')
    await this.#greet(agent, record, network, times)
    if (first !== own) {
      await this.#exchangeDisk(vm, agent, own)
      await rm(first.file)
    }
    return { agent, mounts: mounts.guest }
  }

  #firstDisk(): DiskChain {
    return { file: firstDisk(this.#paths), layers: [], goldenDisk: this.#context.templates.goldenDisk }
  }

  async #exchangeDisk(vm: VirtualMachine, agent: AgentClient, disk: DiskChain): Promise<void> {
    await agent.letGo()
    await vm.takeDisk(disk)
  }

  /** The guest is greeted as it wakes: until libvirt says that it runs it has long begun to. */
  async #wake(vm: VirtualMachine, times?: StartTimes): Promise<AgentClient> {
    const failed = new AbortController()
    const resumed = vm.resume().then(
      () => times?.reached('resumed'),
      (error: unknown) => {
        failed.abort(error)
        throw error
      },
    )
    const [agent] = await Promise.all([this.#connect(AGENT_TIMEOUT_MS, failed.signal), resumed])
    return agent
  }

  /** Takes up the link to a run that an engine before this one began; false where there is none any more. */
  async rejoin(record: ContainerRecord): Promise<boolean> {
    if (await lastExit(this.#paths.log, record.run)) return false
    try {
      this.#agent = await this.#connect(REJOIN_TIMEOUT_MS)
      this.#accept(this.#agent, record)
      // An engine that was killed while it froze the container left it so.
      if (this.#agent.hello.state === 'held') await this.#agent.release()
      // The workstation may have slept, or the VM stood still, while no engine knew of it. It runs whatever its clock says.
      else
        this.#agent
          .setClock()
          .catch((error: Error) => this.#context.log(`container ${record.name}: ${error.message}`))
      return ['running', 'held'].includes(this.#agent.hello.state)
    } catch (error) {
      this.#context.log(`container ${record.name}: its guest does not answer: ${(error as Error).message}`)
      return false
    }
  }

  async state(): Promise<VmState> {
    return (await this.vm?.state()) ?? 'off'
  }

  /** Holds the running container to other limits. */
  async limit(hostConfig: HostConfig): Promise<void> {
    await this.#agent!.limit(guestLimits(hostConfig))
    await this.vm!.limit(vmLimits(hostConfig))
  }

  async save(record: ContainerRecord): Promise<void> {
    await this.#vm?.saveRecord(encode(record))
  }

  /** Ends the VM, or waits for the end that is under way: a late one must not hit the VM of the next run. */
  end(): Promise<void> {
    this.#ending ??= this.#end({ left: false }).finally(() => (this.#ending = undefined))
    return this.#ending
  }

  /** Ends a VM that an engine before this one left, at whatever point of its start or end. */
  endLeft(): Promise<void> {
    return this.#end({ left: true })
  }

  /** QEMU takes its socket away only where it ends by itself. */
  async #end({ left }: { left: boolean }): Promise<void> {
    await this.#taken?.end({ left })
    this.#taken = undefined
    if (this.#vm) await (left ? this.#vm.destroyLeft() : this.#vm.destroy())
    await rm(this.#paths.agentSocket, { force: true })
    await removeGuardFiles(this.#paths.guardFile)
    // Of a start that was cut short.
    await rm(firstDisk(this.#paths), { force: true })
  }

  /** The guest goes on without this engine. */
  closeLink(): void {
    this.#agent?.close()
    this.#agent = undefined
  }

  #accept(agent: AgentClient, { mounts = [] }: ContainerRecord): void {
    agent.accept(this.#context.mounts.connector(mounts))
  }

  #connect(timeoutMs: number, signal?: AbortSignal): Promise<AgentClient> {
    return AgentClient.connect({ path: this.#paths.agentSocket, timeoutMs, signal })
  }
}
