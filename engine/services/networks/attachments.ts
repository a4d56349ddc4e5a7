import type { EndpointSettings } from '../../../contract/docker-networks.ts'
import type { ContainerCreateRequest } from '../../../contract/docker.ts'
import { EngineError } from '../../../contract/errors.ts'
import { NAT_MAC } from '../../hypervisor/domain-xml.ts'
import type { VirtualMachine } from '../../hypervisor/virtual-machine.ts'
import type { ContainerRecord } from '../containers/record.ts'
import type { Endpoint, Placement } from './endpoint.ts'
import { endpointsIn, endpointsOf, newEndpoint } from './endpoints.ts'
import type { NetworkService } from './networks.ts'
import { place, type Occupied } from './placement.ts'
import { BUILTIN, isBuiltin, NAT, type NetworkRecord } from './record.ts'
import { endpointViews } from './views.ts'

export interface AttachmentsOptions {
  networks: NetworkService
  /** Of every container, whether it runs or not. */
  containers(): ContainerRecord[]
}

/** How containers are in networks, from their making to the end of each run. */
export class Attachments {
  readonly #options: AttachmentsOptions

  constructor(options: AttachmentsOptions) {
    this.#options = options
  }

  /** The networks that a new container is to be in. Rejects what it cannot be in. */
  requested(request: ContainerCreateRequest): Endpoint[] {
    return endpointsOf(request, (name) => this.#options.networks.find(name))
  }

  views(record: ContainerRecord): Record<string, EndpointSettings> {
    return endpointViews(record, (id) => this.#options.networks.get(id))
  }

  /** Gives a container its places for one run. Rejects where a network has gone or has no room. */
  take(record: ContainerRecord): void {
    this.release(record)
    const endpoints = endpointsIn(record)
    for (const endpoint of endpoints) endpoint.current = this.#place(record, endpoint)
    record.networks = endpoints
  }

  /** The run is over, or did not come about. */
  release(record: ContainerRecord): void {
    for (const endpoint of record.networks ?? []) delete endpoint.current
  }

  /** Whether a container has a way out: not where all its networks are internal, or it has none. */
  hasWayOut(record: ContainerRecord): boolean {
    return endpointsIn(record).some(({ network }) => {
      const found = this.#options.networks.get(network)
      return !!found && found.Driver !== 'null' && !found.Internal
    })
  }

  /** Before the guest runs: what its VM needs of hardware. */
  async plug(record: ContainerRecord, vm: VirtualMachine): Promise<void> {
    if (!this.hasWayOut(record)) await vm.setNatLink(false)
  }

  /** Tells of a run that has begun or ended. */
  announce(action: 'connect' | 'disconnect', record: ContainerRecord): void {
    for (const { network } of endpointsIn(record)) {
      const found = this.#options.networks.get(network)
      if (found) this.#options.networks.emit(action, found, { container: record.id })
    }
  }

  /** What a client should know of a new container's networks. */
  warnings(endpoints: Endpoint[]): string[] {
    return endpoints
      .filter(({ network }) => !BUILTIN.some(({ Id }) => Id === network))
      .map(
        ({ name }) =>
          `the containers in the network ${name} do not reach each other in this version of Ramet`,
      )
  }

  /** Puts a container into a network. Rejects with FORBIDDEN where it is in it already. */
  async connect(
    record: ContainerRecord,
    network: NetworkRecord,
    settings: EndpointSettings,
    vm: VirtualMachine | undefined,
  ): Promise<void> {
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
    const endpoint = newEndpoint(network, settings)
    if (vm) endpoint.current = this.#place(record, endpoint)
    record.networks = [...endpoints, endpoint]
    if (!vm) return
    await vm.setNatLink(this.hasWayOut(record))
    this.#options.networks.emit('connect', network, { container: record.id })
  }

  /** Takes a container out of a network. Rejects with FORBIDDEN where it is not in it. */
  async disconnect(
    record: ContainerRecord,
    network: NetworkRecord,
    vm: VirtualMachine | undefined,
  ): Promise<void> {
    const endpoints = endpointsIn(record)
    if (!endpoints.some((each) => each.network === network.Id)) {
      throw new EngineError(
        'FORBIDDEN',
        `container ${record.name} is not connected to network ${network.Name}`,
      )
    }
    record.networks = endpoints.filter((each) => each.network !== network.Id)
    if (!vm) return
    await vm.setNatLink(this.hasWayOut(record))
    this.#options.networks.emit('disconnect', network, { container: record.id })
  }

  #place(record: ContainerRecord, endpoint: Endpoint): Placement {
    const network = this.#options.networks.get(endpoint.network)
    if (!network) {
      throw new EngineError(
        'NOT_FOUND',
        `network ${endpoint.name} not found: it was removed; disconnect the container from it, or make it anew`,
      )
    }
    if (!isBuiltin(network)) return place(network, endpoint, this.#occupied(network, record))
    const placement = place({ ...network, IPAM: { ...network.IPAM, Config: [] } }, endpoint, {
      addresses: new Set(),
      wanted: new Set(),
      macs: new Set(),
    })
    // Every container's NAT is its own: all have the same address there.
    return network === BUILTIN[0]
      ? { ...placement, mac: NAT_MAC, ip4: NAT.address }
      : { ...placement, mac: '' }
  }

  #occupied({ Id }: NetworkRecord, except: ContainerRecord): Occupied {
    const occupied: Occupied = { addresses: new Set(), wanted: new Set(), macs: new Set() }
    for (const container of this.#options.containers()) {
      const endpoint = endpointsIn(container).find(({ network }) => network === Id)
      if (!endpoint || container === except) continue
      const { current, settings } = endpoint
      for (const address of [current?.ip4, current?.ip6]) if (address) occupied.addresses.add(address)
      if (current) occupied.macs.add(current.mac)
      const { IPv4Address, IPv6Address } = settings.IPAMConfig ?? {}
      for (const address of [IPv4Address, IPv6Address]) if (address) occupied.wanted.add(address)
    }
    return occupied
  }
}
