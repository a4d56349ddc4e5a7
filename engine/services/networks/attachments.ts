import type { ContainerCreateRequest } from '../../../contract/docker.ts'
import type { EndpointSettings } from '../../../contract/docker-networks.ts'
import { EngineError } from '../../../contract/errors.ts'
import type { AgentClient } from '../../guest/agent-client.ts'
import type { VirtualMachine } from '../../hypervisor/virtual-machine.ts'
import type { Switches } from '../../switch/switches.ts'
import { wantedPorts } from '../containers/ports.ts'
import type { ContainerRecord } from '../containers/record.ts'
import type { Endpoint } from './endpoint.ts'
import { endpointsIn, endpointsOf } from './endpoints.ts'
import {
  guestNetwork,
  natRateOf,
  switchMember,
  switchNetwork,
  type GuestNetwork,
  type Port,
} from './guest.ts'
import { hostPorts, hostPortWarnings } from './host-ports.ts'
import type { NetworkService } from './networks.ts'
import { Places } from './places.ts'
import { isBuiltin, type NetworkRecord } from './record.ts'
import { endpointViews } from './views.ts'

/** A container that runs: its VM and its guest. */
export interface Run {
  vm: VirtualMachine
  agent: AgentClient
}

export interface AttachmentsOptions {
  networks: NetworkService
  switches: Switches
  /** Of every container, whether it runs or not. */
  containers(): ContainerRecord[]
  log(message: string): void
}

/** How containers are in networks, from their making to the end of each run. */
export class Attachments {
  readonly #options: AttachmentsOptions
  readonly #places: Places

  constructor(options: AttachmentsOptions) {
    this.#options = options
    this.#places = new Places(options)
  }

  /** The networks that a new container is to be in. Rejects what it cannot be in. */
  requested(request: ContainerCreateRequest): Endpoint[] {
    return endpointsOf(request, (name) => this.#options.networks.find(name))
  }

  /** What a client should know of a new container's networks. Rejects what could not be. */
  warnings(record: Pick<ContainerRecord, 'config' | 'hostConfig' | 'networks'>): string[] {
    const published = wantedPorts(record.config, record.hostConfig).length > 0
    const wayOut = this.hasWayOut(record)
    return [
      ...hostPortWarnings(record),
      ...(published && !wayOut
        ? ['its ports are not published as long as all of its networks are internal']
        : []),
    ]
  }

  views(record: ContainerRecord): Record<string, EndpointSettings> {
    return endpointViews(record, (id) => this.#options.networks.get(id))
  }

  /** Gives a container its places for one run. Rejects where a network has gone or has no room. */
  take(record: ContainerRecord): void {
    this.release(record)
    const endpoints = endpointsIn(record)
    record.networks = endpoints
    for (const endpoint of endpoints) endpoint.current = this.#places.place(record, endpoint)
  }

  /** The run is over, or did not come about. */
  release(record: ContainerRecord): void {
    for (const endpoint of record.networks ?? []) {
      const { current, network } = endpoint
      delete endpoint.current
      if (current) this.#forget(network, current.id)
    }
  }

  /** Whether a container has a way out: not where all its networks are internal, or it has none. */
  hasWayOut(record: Pick<ContainerRecord, 'networks'>): boolean {
    return this.#waysOut(record).length > 0
  }

  #waysOut(record: Pick<ContainerRecord, 'networks'>): NetworkRecord[] {
    return endpointsIn(record).flatMap(({ network }) => {
      const found = this.#options.networks.get(network)
      return found && found.Driver !== 'null' && !found.Internal ? [found] : []
    })
  }

  /** Bits a second that it may send, and get, through the NAT; undefined: as many as it can. */
  natRate(record: Pick<ContainerRecord, 'config' | 'networks'>): number | undefined {
    return natRateOf(record, this.#waysOut(record))
  }

  /** What the guest is told before the container starts. */
  guest(record: ContainerRecord): GuestNetwork {
    return guestNetwork(record, this.ports(record), this.hasWayOut(record))
  }

  /**
   * Before the guest runs: cuts it off where it has no way out, says which ports of the workstation it may reach, and
   * holds it to its rate where it has one.
   */
  async guardNat(record: ContainerRecord, vm: VirtualMachine): Promise<void> {
    await vm.nameHostPorts(hostPorts(record))
    if (!this.hasWayOut(record)) await vm.setNatLink(false)
    if (this.natRate(record) !== undefined) await this.bound(record, vm)
  }

  /** Joins its VM to its networks, before the guest runs or while nothing in it does. */
  async plug(record: ContainerRecord, vm: VirtualMachine): Promise<void> {
    for (const port of this.ports(record)) await this.join(record, port, vm)
  }

  /** Holds the NAT of a VM that runs as its networks and its rate now say. */
  async bound(record: ContainerRecord, vm: VirtualMachine): Promise<void> {
    await vm.setNatRate(this.natRate(record))
  }

  /** Joins a VM to one network. */
  async join(record: ContainerRecord, port: Port, vm: VirtualMachine): Promise<void> {
    const { switches } = this.#options
    const { id, mac } = port.current
    await switches.put(switchNetwork(port.network), switchMember(record, port))
    const sockets = switches.sockets(port.network.Id, id)
    await vm.addNic({ id: nicId(id), mac, ownSocket: sockets.vm, peerSocket: sockets.switch })
  }

  /** Takes a VM out of one network: it is cut off first, whatever its guest does then. */
  async part({ network, current }: Pick<Port, 'network' | 'current'>, vm: VirtualMachine): Promise<void> {
    await this.#options.switches.forget(network.Id, current.id)
    await vm.removeNic(nicId(current.id))
  }

  /** Has the switches know a container that runs: after an engine before this one, or with another name. */
  async tell(record: ContainerRecord): Promise<void> {
    for (const port of this.ports(record)) {
      await this.#options.switches
        .put(switchNetwork(port.network), switchMember(record, port))
        .catch((error: Error) => this.#options.log(`container ${record.name}: ${error.message}`))
    }
  }

  /** Tells of a run that has begun or ended. */
  announce(action: 'connect' | 'disconnect', record: ContainerRecord): void {
    for (const { network } of endpointsIn(record)) {
      const found = this.#options.networks.get(network)
      if (found) this.#options.networks.emit(action, found, { container: record.id })
    }
  }

  /** Where a container that runs is in a network with a switch. */
  ports(record: ContainerRecord): Port[] {
    return endpointsIn(record).flatMap((endpoint) => {
      const network = this.#options.networks.get(endpoint.network)
      const { current } = endpoint
      return network && current && !isBuiltin(network) ? [{ network, endpoint, current }] : []
    })
  }

  place(record: ContainerRecord, endpoint: Endpoint): void {
    endpoint.current = this.#places.place(record, endpoint)
  }

  #forget(network: string, id: string): void {
    this.#options.switches.forget(network, id).catch((error: Error) => this.#options.log(error.message))
  }
}

/** Short enough for QEMU, and another one for each time. */
const nicId = (endpointId: string): string => `net-${endpointId.slice(0, 12)}`

/** Rejects with FORBIDDEN where a container is in a network already, or may be in no other. */
export function checkJoin(record: ContainerRecord, network: NetworkRecord): void {
  const endpoints = endpointsIn(record)
  if (endpoints.some((each) => each.network === network.Id)) {
    throw new EngineError(
      'FORBIDDEN',
      `endpoint with name ${record.name} already exists in network ${network.Name}`,
    )
  }
  if (endpoints.length > 0 && [network.Name, ...endpoints.map(({ name }) => name)].includes('none')) {
    throw new EngineError(
      'FORBIDDEN',
      `${record.name} cannot be in 'none' and in another network: disconnect it from the one first`,
    )
  }
}
