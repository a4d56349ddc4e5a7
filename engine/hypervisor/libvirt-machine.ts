import { rm } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import type { Domain } from '../../native/libvirt/index.ts'
import { LibvirtError } from '../../native/libvirt/index.ts'
import { EngineError } from '../../contract/errors.ts'
import { decodeRecord, encodeRecord, RECORD_KEY, RECORD_URI } from './domain-xml.ts'
import { throttleDisk } from './disk-throttle.ts'
import * as guard from './guard.ts'
import * as handover from './handover.ts'
import { isShared, type HostShares } from './host-share.ts'
import { activeDisk } from './live-disk.ts'
import { liveFreeze } from './live-freeze.ts'
import * as migration from './migration.ts'
import * as nic from './nic.ts'
import { awaitMonitor, type OwnMonitor } from './own-monitor.ts'
import * as devices from './plugged.ts'
import * as ports from './port-forward.ts'
import { findQemuProcess, isQemuOf } from './process-id.ts'
import { plugDisk } from './plugged-disk.ts'
import { qmp, type Monitor } from './qmp.ts'
import type {
  ActiveDisk,
  DiskChain,
  LiveFreezeOptions,
  LiveFrozen,
  NatCounters,
  Nic,
  Plugged,
  PluggedDisk,
  PortForward,
  VirtualMachine,
  VmLimits,
  VmSpec,
  VmState,
} from './virtual-machine.ts'

/** libvirt's codes for "not now" and "no such domain" (virErrorNumber). */
const OPERATION_INVALID = 55
const NO_DOMAIN = 42

/** How often a VM that is being ended is looked for. */
const LEFT_STEP_MS = 200

/** Turns libvirt's errors into the engine's, with what was being done. */
export async function explained<T>(doing: string, call: Promise<T>): Promise<T> {
  try {
    return await call
  } catch (error) {
    if (error instanceof LibvirtError) {
      throw new EngineError('LIBVIRT_ERROR', `cannot ${doing}: ${error.message}`, { cause: error })
    }
    throw error
  }
}

function ignoring(...codes: number[]) {
  return (error: unknown): void => {
    if (!(error instanceof LibvirtError && codes.includes(error.code))) throw error
  }
}

type Places = Pick<VmSpec, 'monitorSocket' | 'guardFile'>

/** A VM as a libvirt domain. */
export class LibvirtMachine implements VirtualMachine {
  readonly #domain: Domain
  readonly #owner: string
  readonly #shares: HostShares
  readonly #places: Places | undefined
  #own: OwnMonitor | undefined
  #created: Promise<void> = Promise.resolve()
  #pid: number | undefined

  /** `owner` is written beside the record; `places` of a VM that is yet to be started. */
  constructor(domain: Domain, owner: string, shares: HostShares, places?: Places) {
    this.#domain = domain
    this.#owner = owner
    this.#shares = shares
    this.#places = places
  }

  async #guardFile(): Promise<string> {
    return this.#places?.guardFile ?? guard.guardFileOf(await this.pid())
  }

  /** What QEMU is spoken to through. */
  get #monitor(): Monitor {
    return this.#own?.open ? this.#own : this.#domain
  }

  get name(): string {
    return this.#domain.name
  }

  get uuid(): string {
    return this.#domain.uuid
  }

  async state(): Promise<VmState> {
    const { state } = await explained('read the state of a VM', this.#domain.state())
    if (state === 'running' || state === 'blocked') return 'running'
    return state === 'paused' || state === 'pmsuspended' ? 'paused' : 'off'
  }

  async pid(): Promise<number> {
    if (this.#pid === undefined || !(await isQemuOf(this.#pid, this.uuid))) {
      this.#pid = await findQemuProcess(this.uuid)
    }
    return this.#pid
  }

  async createPaused(): Promise<void> {
    const { monitorSocket } = this.#places!
    if (monitorSocket === undefined) {
      await explained('start the VM', this.#domain.create({ paused: true }))
      return this.assertGuarded()
    }
    const waiting = await awaitMonitor(monitorSocket)
    // Not paused for libvirt: it would take the VM that runs by then for a paused one.
    this.#created = explained('start the VM', this.#domain.create())
    const failed = this.#created.then(() => waiting.monitor)
    try {
      this.#own = await Promise.race([waiting.monitor, failed])
    } finally {
      waiting.close()
    }
    this.#created.catch(() => {})
    await this.assertGuarded()
  }

  /** Before its guest runs. Where QEMU came up without its guard the VM is ended. */
  async assertGuarded(): Promise<void> {
    try {
      this.#pid = await guard.guardedProcess(this.#places!.guardFile, this.uuid)
    } catch (error) {
      await this.destroyLeft().catch(() => {})
      throw error
    }
  }

  async nameHostPorts(ports: number[]): Promise<void> {
    await guard.nameHostPorts(await this.#guardFile(), ports)
  }

  created(): Promise<void> {
    return this.#created
  }

  async resume(): Promise<void> {
    // libvirt learns of it by QEMU's event, as of its own.
    if (this.#own?.open) await explained('resume the VM', qmp(this.#own, 'cont'))
    else await explained('resume the VM', this.#domain.resume())
  }

  async suspend(): Promise<void> {
    await this.#created
    await explained('suspend the VM', this.#domain.suspend())
  }

  async destroy(): Promise<void> {
    // libvirt would wait for its own start all the same.
    await this.#created.catch(() => {})
    await explained('end the VM', this.#domain.destroy().catch(ignoring(OPERATION_INVALID, NO_DOMAIN)))
  }

  async destroyLeft(): Promise<void> {
    let ended = false
    // A start that was cut short keeps libvirt waiting for QEMU for half a minute, and everybody else with it.
    const destroyed = this.destroy()
      .catch(() => this.destroy())
      .finally(() => (ended = true))
    while (!ended) {
      // It may only be coming up now.
      const pid = await findQemuProcess(this.uuid).catch(() => undefined)
      if (pid !== undefined && !ended) kill(pid)
      await Promise.race([destroyed.catch(() => {}), delay(LEFT_STEP_MS)])
    }
    await destroyed
  }

  async undefine(): Promise<void> {
    await explained('forget the VM', this.#domain.undefine().catch(ignoring(NO_DOMAIN)))
  }

  async record(): Promise<string> {
    const xml = await explained(
      'read the record of a VM',
      this.#domain.metadata('element', RECORD_URI, { config: true }),
    )
    return decodeRecord(xml).text
  }

  async saveRecord(text: string): Promise<void> {
    const xml = `<record>${encodeRecord({ owner: this.#owner, text })}</record>`
    await explained(
      'save the record of a VM',
      this.#domain.setMetadata('element', xml, RECORD_KEY, RECORD_URI, { config: true }),
    )
  }

  async migrateTo(socketPath: string): Promise<void> {
    await explained('freeze the VM', migration.migrateTo(this.#monitor, socketPath))
  }

  async migrated(signal?: AbortSignal): Promise<{ downtimeMs: number }> {
    return explained('freeze the VM', migration.settled(this.#monitor, signal))
  }

  async cancelMigration(): Promise<void> {
    await explained('give up the freeze', qmp(this.#monitor, 'migrate_cancel'))
  }

  async restore(stateFile: string, socketPath: string): Promise<void> {
    try {
      await explained('load the template', migration.restore(this.#monitor, stateFile, socketPath))
    } finally {
      await rm(socketPath, { force: true })
    }
  }

  async setNatLink(up: boolean): Promise<void> {
    await explained('cut a VM off the network', nic.setNatLink(this.#monitor, up))
  }

  async setNatRate(bitsPerSecond: number | undefined): Promise<void> {
    await guard.setNatRate(await this.#guardFile(), bitsPerSecond)
  }

  async natCounters(): Promise<NatCounters> {
    return guard.natCounters(await this.#guardFile())
  }

  async plugShare(id: string): Promise<void> {
    const device = { ...devices.share(id), id }
    await explained('plug in a shared folder', qmp(this.#monitor, 'device_add', device))
  }

  async plugged(): Promise<Plugged[]> {
    return explained('look at the devices of a VM', devices.pluggedDevices(this.#monitor))
  }

  async replug(device: Plugged): Promise<void> {
    await explained('plug in what a frozen VM had', devices.replug(this.#monitor, device))
  }

  async unplug(id: string): Promise<void> {
    await explained('take a device out of a VM', devices.unplug(this.#monitor, id))
  }

  async addNic(settings: Nic): Promise<void> {
    await explained('join a VM to a network', nic.addNic(this.#monitor, settings))
  }

  async removeNic(id: string): Promise<void> {
    await explained('take a VM out of a network', nic.removeNic(this.#monitor, id))
  }

  async plugDisk(disk: PluggedDisk): Promise<void> {
    await explained('plug in a disk', plugDisk(this.#monitor, disk))
  }

  async activeDisk(): Promise<ActiveDisk> {
    return explained('look at the disk of a VM', activeDisk(this.#monitor))
  }

  async liveFreeze(options: LiveFreezeOptions): Promise<LiveFrozen> {
    return explained('freeze the VM', liveFreeze(this.#monitor, await this.pid(), options))
  }

  async takeDisk(disk: DiskChain): Promise<void> {
    await explained('give a VM its disk', handover.takeDisk(this.#monitor, disk))
  }

  async takeLog(file: string): Promise<void> {
    await explained('give a VM its log', handover.takeLog(this.#monitor, file))
  }

  async addForward(forward: PortForward): Promise<void> {
    await explained('publish a port', ports.addForward(this.#monitor, forward))
  }

  async removeForward(forward: PortForward): Promise<void> {
    await explained('withdraw a port', ports.removeForward(this.#monitor, forward))
  }

  async forwards(): Promise<PortForward[]> {
    return explained('list the published ports', ports.listForwards(this.#monitor))
  }

  async diskTraffic(): Promise<{ readBytes: number; writeBytes: number }> {
    const { readBytes, writeBytes } = await explained('count disk traffic', this.#domain.blockStats('vda'))
    return { readBytes: Math.max(0, readBytes), writeBytes: Math.max(0, writeBytes) }
  }

  async limit(limits: VmLimits): Promise<void> {
    await explained('limit the disk of a VM', throttleDisk(this.#monitor, limits.disk))
    // As it starts a VM libvirt itself says on which CPUs its threads may run.
    if (isShared(limits)) await this.#created
    await this.#shares.apply(await this.pid(), this.name, limits)
  }

  async console(): Promise<string> {
    return explained(
      'read the console',
      qmp(this.#monitor, 'ringbuf-read', { device: 'console', size: 65_536 }),
    )
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}
