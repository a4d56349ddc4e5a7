import { randomBytes, randomUUID } from 'node:crypto'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { AgentClient } from '../../guest/agent-client.ts'
import { wallClockNs } from '../../guest/messages.ts'
import { copyDisk } from '../../hypervisor/disk.ts'
import { removeGuardFiles } from '../../hypervisor/guard.ts'
import { readVmMemory, type VmMemory } from '../../hypervisor/process-memory.ts'
import type { Hypervisor, VirtualMachine } from '../../hypervisor/virtual-machine.ts'
import type { Template } from '../../templates/manifest.ts'
import { startConfig } from '../containers/process.ts'
import { noNetwork, USUAL_NAT } from '../networks/guest.ts'
import type { Origin } from '../templates.ts'

/** A clone answers within milliseconds; on a busy machine under emulation within seconds. */
const AGENT_TIMEOUT_MS = 60_000

/** A start that ends before a program runs: no image has one of that name. */
const REHEARSED = { Hostname: 'standby', Cmd: ['/ramet/rehearsal'] }
const NO_NETWORK = noNetwork({ config: REHEARSED, hostConfig: {} })

export interface StandbyPlaces {
  /** A folder for each waiting clone. */
  folder: string
  /** Short folder for unix sockets. */
  socketDir: string
}

/** What a template's clones need to be made. */
export type StandbyOrigin = Required<Origin>

/** What lies where of the waiting clone of that uuid. */
function filesOf({ folder, socketDir }: StandbyPlaces, uuid: string) {
  const short = uuid.slice(0, 8)
  const own = join(folder, uuid)
  return {
    own,
    disk: join(own, 'disk.qcow2'),
    log: join(own, 'output.log'),
    agentSocket: join(socketDir, `standby-${short}.agent`),
    guardFile: join(socketDir, `standby-${short}.guard`),
    monitorSocket: join(socketDir, `standby-${short}.monitor`),
    restoreSocket: join(socketDir, `standby-${short}.restore`),
  }
}

/** The VM of a waiting clone, as a container that took it has it, or as the next engine finds it. */
export class StandbyMachine {
  readonly vm: VirtualMachine
  readonly #files: ReturnType<typeof filesOf>

  constructor(vm: VirtualMachine, places: StandbyPlaces) {
    this.vm = vm
    this.#files = filesOf(places, vm.uuid)
  }

  get agentSocket(): string {
    return this.#files.agentSocket
  }

  /** Ends it, and leaves nothing of it. `left`: an engine before this one made it. */
  async end({ left = false } = {}): Promise<void> {
    await (left ? this.vm.destroyLeft() : this.vm.destroy())
    await this.vm.undefine()
    const { own, agentSocket, guardFile, monitorSocket, restoreSocket } = this.#files
    await Promise.all([agentSocket, monitorSocket, restoreSocket].map((file) => rm(file, { force: true })))
    await removeGuardFiles(guardFile)
    await rm(own, { recursive: true, force: true })
  }
}

/** Marks a domain as a waiting clone. */
const encode = (template: Template): string => JSON.stringify({ waitsFor: template.id })

/** Whether a domain's record is that of a waiting clone. */
export function isStandby(record: string): boolean {
  try {
    return typeof (JSON.parse(record) as { waitsFor?: unknown }).waitsFor === 'string'
  } catch {
    return false
  }
}

/** A clone that has woken, has got a seed of its own, and stands still until a container takes it: once. */
export class Standby extends StandbyMachine {
  readonly origin: StandbyOrigin
  readonly agent: AgentClient
  readonly since = new Date().toISOString()

  private constructor(vm: VirtualMachine, places: StandbyPlaces, origin: StandbyOrigin, agent: AgentClient) {
    super(vm, places)
    this.origin = origin
    this.agent = agent
  }

  static async make(
    hypervisor: Hypervisor,
    places: StandbyPlaces,
    origin: StandbyOrigin,
    title: string,
  ): Promise<Standby> {
    const { hardware, template } = origin
    const uuid = randomUUID()
    const { own, disk, log, agentSocket, guardFile, monitorSocket, restoreSocket } = filesOf(places, uuid)
    await mkdir(own, { recursive: true, mode: 0o700 })
    let machine: StandbyMachine | undefined
    try {
      // Only live templates have none, and no clone of theirs waits.
      await copyDisk(template.diskFile!, disk)
      const name = `ramet-standby-${uuid.slice(0, 8)}`
      const vm = await hypervisor.define({
        ...{ name, uuid, title, hardware, disk, agentSocket, guardFile, monitorSocket },
        ramFile: template.ramFile,
        logFile: log,
        record: encode(template),
      })
      machine = new StandbyMachine(vm, places)
      await vm.createPaused()
      await vm.restore(template.stateFile, restoreSocket)
      await vm.resume()
      const agent = await AgentClient.connect({ path: agentSocket, timeoutMs: AGENT_TIMEOUT_MS })
      // Whatever it does from now on, it does with a seed that no sibling has; who takes it brings another.
      await agent.identify({
        seed: randomBytes(64),
        wallClockNs: wallClockNs(),
        hostname: REHEARSED.Hostname!,
        machineId: randomBytes(16).toString('hex'),
        network: USUAL_NAT,
      })
      await agent.rehearse(startConfig({ config: REHEARSED, hostConfig: {}, run: 0 }, NO_NETWORK))
      await vm.suspend()
      return new Standby(vm, places, origin, agent)
    } catch (error) {
      await machine?.end().catch(() => {})
      await rm(own, { recursive: true, force: true })
      throw error
    }
  }

  async memory(): Promise<VmMemory> {
    const { template, hardware } = this.origin
    return readVmMemory(await this.vm.pid(), {
      ramFile: template.ramFile,
      memoryBytes: hardware.memoryBytes,
      imageFile: hardware.image.path,
    })
  }

  override async end(options: { left?: boolean } = {}): Promise<void> {
    this.agent.close()
    await super.end(options)
  }
}
