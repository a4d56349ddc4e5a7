import { setTimeout as delay } from 'node:timers/promises'
import type { ContainerReach, NetworkRate } from '../../../contract/ramet-networks.ts'
import type { VirtualMachine } from '../../hypervisor/virtual-machine.ts'
import type { Counters, Switches } from '../../switch/switches.ts'
import type { ContainerRecord } from '../containers/record.ts'
import type { Attachments } from './attachments.ts'
import { endpointsIn } from './endpoints.ts'
import { rateOf } from './guest.ts'
import { hostPorts } from './host-ports.ts'
import type { NetworkService } from './networks.ts'
import { ICC, isBuiltin, type NetworkRecord } from './record.ts'

export interface ReachOptions {
  networks: NetworkService
  attachments: Attachments
  switches: Switches
  containers(): ContainerRecord[]
  /** Those that run. */
  running(): { record: ContainerRecord; vm?: Pick<VirtualMachine, 'natCounters'> }[]
}

interface Sample {
  at: number
  counters: Map<string, Counters>
}

/** How rates name it. */
const NAT = 'nat'
/** A sample that is older says nothing of now. */
const STALE_MS = 10_000
/** Two that are nearer say little. */
const APART_MS = 500

/** Who can reach whom, and how much goes through. */
export class ReachService {
  readonly #options: ReachOptions
  #last: Sample | undefined

  constructor(options: ReachOptions) {
    this.#options = options
  }

  reach(): ContainerReach[] {
    const all = this.#options.containers()
    return all.map((record) => ({
      id: record.id,
      name: record.name,
      running: record.phase === 'running',
      networks: endpointsIn(record).map(({ name }) => name),
      outside: this.#options.attachments.hasWayOut(record),
      hostPorts: hostPorts(record),
      published: record.ports.map(
        ({ hostIp, hostPort, guestPort, protocol }) => `${hostIp}:${hostPort}->${guestPort}/${protocol}`,
      ),
      reaches: all.flatMap((other) => {
        const networks = other === record ? [] : this.#shared(record, other)
        return networks.length > 0 ? [{ id: other.id, name: other.name, networks }] : []
      }),
    }))
  }

  async rates(): Promise<NetworkRate[]> {
    const earlier = await this.#earlier()
    const now = await this.#sample()
    this.#last = now
    const seconds = (now.at - earlier.at) / 1000
    return this.#options.containers().flatMap((record) =>
      this.#counted(record).flatMap(({ network, id, limit }) => {
        const counters = now.counters.get(id)
        if (!counters) return []
        const before = earlier.counters.get(id)
        const rate = (name: 'sentBytes' | 'receivedBytes'): number =>
          before ? Math.max(0, Math.round((counters[name] - before[name]) / seconds)) : 0
        return [
          {
            container: record.id,
            name: record.name,
            network,
            sentBytes: counters.sentBytes,
            receivedBytes: counters.receivedBytes,
            sentBytesPerSecond: rate('sentBytes'),
            receivedBytesPerSecond: rate('receivedBytes'),
            limitBitsPerSecond: limit ?? 0,
            refusedFrames: counters.refused,
            droppedFrames: counters.dropped,
          },
        ]
      }),
    )
  }

  /** Where what a container sends and gets is counted. */
  #counted(record: ContainerRecord): { network: string; id: string; limit?: number }[] {
    const { attachments } = this.#options
    const ports = attachments.ports(record).map(({ network, current }) => ({
      network: network.Name,
      id: current.id,
      limit: rateOf(record, network),
    }))
    if (!attachments.hasWayOut(record)) return ports
    return [...ports, { network: NAT, id: record.id, limit: attachments.natRate(record) }]
  }

  /** Networks that both are in and that let their members reach each other. */
  #shared(one: ContainerRecord, other: ContainerRecord): string[] {
    const joins = (network: NetworkRecord | undefined): boolean =>
      !!network && !isBuiltin(network) && network.Options[ICC] !== 'false'
    const theirs = new Set(endpointsIn(other).map(({ network }) => network))
    return endpointsIn(one)
      .filter(({ network }) => theirs.has(network) && joins(this.#options.networks.get(network)))
      .map(({ name }) => name)
  }

  async #earlier(): Promise<Sample> {
    const last = this.#last
    if (!last || performance.now() - last.at > STALE_MS) {
      const first = await this.#sample()
      await delay(APART_MS)
      return first
    }
    await delay(Math.max(0, APART_MS - (performance.now() - last.at)))
    return last
  }

  async #sample(): Promise<Sample> {
    const { switches, attachments, running } = this.#options
    const counters = await switches.counters()
    const ledOut = running().filter(({ record }) => attachments.hasWayOut(record))
    await Promise.all(
      ledOut.map(async ({ record, vm }) => {
        // It may end now.
        const counted = await vm?.natCounters().catch(() => undefined)
        if (counted) counters.set(record.id, { ...counted, refused: 0 })
      }),
    )
    return { at: performance.now(), counters }
  }
}
