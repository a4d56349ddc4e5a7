import { EngineError } from '../../../contract/errors.ts'
import type { ContainerRecord } from '../containers/record.ts'
import type { Endpoint, Placement } from './endpoint.ts'
import { endpointsIn } from './endpoints.ts'
import { natMacOf } from './guest.ts'
import type { NetworkService } from './networks.ts'
import { place, type Occupied } from './placement.ts'
import { isBuiltin, NAT, type NetworkRecord } from './record.ts'

/** Which addresses and names of interfaces are free: what the containers' records hold is taken. */
export class Places {
  readonly #networks: NetworkService
  readonly #containers: () => ContainerRecord[]

  constructor({ networks, containers }: { networks: NetworkService; containers(): ContainerRecord[] }) {
    this.#networks = networks
    this.#containers = containers
  }

  /** A container's place in a network for one run. Rejects where there is none. */
  place(record: ContainerRecord, endpoint: Endpoint): Placement {
    const network = this.#networks.get(endpoint.network)
    if (!network) {
      throw new EngineError(
        'NOT_FOUND',
        `network ${endpoint.name} not found: it was removed; disconnect the container from it, or make it anew`,
      )
    }
    if (!isBuiltin(network))
      return { ...place(network, endpoint, this.#occupied(network, record)), ...named(record) }
    const { id } = place({ ...network, IPAM: { ...network.IPAM, Config: [] } }, endpoint, nothing())
    // Every container's NAT is its own: all have the same address there.
    return network.Name === 'bridge'
      ? { id, mac: natMacOf(record), ip4: NAT.address, interface: 'eth0' }
      : { id, mac: '', interface: '' }
  }

  #occupied({ Id }: NetworkRecord, except: ContainerRecord): Occupied {
    const occupied = nothing()
    for (const container of this.#containers()) {
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

const nothing = (): Occupied => ({ addresses: new Set(), wanted: new Set(), macs: new Set() })

/** The first name that no other interface of the container has; `eth0` is the NAT's where it is on the bridge. */
function named(record: ContainerRecord): { interface: string } {
  const endpoints = endpointsIn(record)
  const taken = new Set(endpoints.map(({ current }) => current?.interface))
  if (endpoints.some(({ name }) => name === 'bridge')) taken.add('eth0')
  let at = 0
  while (taken.has(`eth${at}`)) at++
  return { interface: `eth${at}` }
}
