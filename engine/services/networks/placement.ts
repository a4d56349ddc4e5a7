import { randomBytes } from 'node:crypto'
import { EngineError } from '../../../contract/errors.ts'
import { endpointMac } from '../../../contract/mac.ts'
import { contains, formatAddress, parseAddress, sizeOf, type Address, type Subnet } from './address.ts'
import type { Endpoint, Placement } from './endpoint.ts'
import type { NetworkRecord } from './record.ts'
import { subnetOf } from './subnets.ts'

/** What of a network others have: those that run, and what containers that do not run insist on. */
export interface Occupied {
  addresses: Set<string>
  /** Of containers that do not run: given to nobody else unless there is nothing left. */
  wanted: Set<string>
  macs: Set<string>
}

/** A container's place in a network for one run. Rejects with FORBIDDEN where what it insists on is taken. */
export function place(
  network: NetworkRecord,
  endpoint: Endpoint,
  occupied: Occupied,
): Omit<Placement, 'interface'> {
  const { IPAMConfig, MacAddress } = endpoint.settings
  const id = randomBytes(32).toString('hex')
  const ip4 = address(network, 4, IPAMConfig?.IPv4Address, occupied)
  const ip6 = address(network, 6, IPAMConfig?.IPv6Address, occupied)
  const mac = MacAddress?.toLowerCase() || endpointMac(ip4, id)
  if (occupied.macs.has(mac)) {
    throw new EngineError(
      'FORBIDDEN',
      `the address ${mac} is in use by another container in the network ${network.Name}; leave it out`,
    )
  }
  return { id, mac, ...(ip4 ? { ip4 } : {}), ...(ip6 ? { ip6 } : {}) }
}

function address(
  network: NetworkRecord,
  version: 4 | 6,
  wanted: string | undefined,
  occupied: Occupied,
): string | undefined {
  const config = network.IPAM.Config.find((each) => subnetOf(each.Subnet)?.version === version)
  const subnet = subnetOf(config?.Subnet)
  if (!config || !subnet) return undefined
  if (wanted) {
    const text = formatAddress(parseAddress(wanted)!)
    if (!occupied.addresses.has(text) && text !== config.Gateway) return text
    throw new EngineError(
      'FORBIDDEN',
      `Address already in use: ${text} in the network ${network.Name}; give another`,
    )
  }
  const reserved = new Set([config.Gateway, ...Object.values(config.AuxiliaryAddresses ?? {})])
  const range = subnetOf(config.IPRange) ?? subnet
  const free = (each: string): boolean => !reserved.has(each) && !occupied.addresses.has(each)
  const found =
    first(subnet, range, (each) => free(each) && !occupied.wanted.has(each)) ?? first(subnet, range, free)
  if (found) return found
  throw new EngineError(
    'CONFLICT',
    `no available IPv${version} addresses on the network ${network.Name}: end containers that use it, or make a larger one`,
  )
}

/** The lowest address of `range` that is neither the subnet itself nor, in version 4, its broadcast address. */
function first(subnet: Subnet, range: Subnet, free: (address: string) => boolean): string | undefined {
  const last = subnet.value + sizeOf(subnet) - 1n
  for (let value = range.value; value < range.value + sizeOf(range); value++) {
    if (value === subnet.value || (subnet.version === 4 && value === last)) continue
    const text = formatAddress({ version: subnet.version, value })
    if (free(text)) return text
  }
  return undefined
}

/** An address that a container insists on. Rejects with INVALID_ARGUMENT one that the network cannot give. */
export function checkWanted(network: NetworkRecord, version: 4 | 6, text: string): void {
  const wanted: Address | undefined = parseAddress(text)
  const subnets = network.IPAM.Config.map(({ Subnet }) => subnetOf(Subnet)!)
  const valid = wanted?.version === version && subnets.some((subnet) => contains(subnet, wanted))
  if (valid) return
  throw new EngineError(
    'INVALID_ARGUMENT',
    `invalid endpoint settings: the address ${text} is not in a subnet of the network ${network.Name}`,
  )
}
