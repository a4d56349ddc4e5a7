import { randomBytes } from 'node:crypto'
import type { IpamConfig } from '../../../contract/docker-networks.ts'
import { EngineError } from '../../../contract/errors.ts'
import {
  contains,
  formatAddress,
  formatSubnet,
  overlaps,
  parseAddress,
  parseSubnet,
  type Address,
  type Subnet,
} from './address.ts'
import { NAT_SUBNET } from './record.ts'

/** Docker's default pools: a network gets the first part of that size that is free. */
const POOLS: [base: string, prefix: number][] = [
  ['172.17.0.0/16', 16],
  ['172.18.0.0/16', 16],
  ['172.19.0.0/16', 16],
  ['172.20.0.0/14', 16],
  ['172.24.0.0/14', 16],
  ['172.28.0.0/14', 16],
  ['192.168.0.0/16', 20],
]

const NAT = subnetOf(NAT_SUBNET)!

/** Not an error of the caller's making is possible here: what is in a record was checked once. */
export function subnetOf(text: string | undefined): Subnet | undefined {
  return text === undefined ? undefined : parseSubnet(text)?.subnet
}

/** A subnet of version 4 that nothing in `taken` overlaps. Rejects with CONFLICT where there is none left. */
export function freeSubnet4(taken: Subnet[]): Subnet {
  for (const [base, prefix] of POOLS) {
    const pool = subnetOf(base)!
    for (let at = 0n; at < 1n << BigInt(prefix - pool.prefix); at++) {
      const subnet: Subnet = { version: 4, value: pool.value + (at << BigInt(32 - prefix)), prefix }
      if (![NAT, ...taken].some((each) => overlaps(each, subnet))) return subnet
    }
  }
  throw new EngineError(
    'CONFLICT',
    'all predefined address pools have been fully subnetted: remove networks that are not used, or give a subnet',
  )
}

/** A unique local subnet of version 6, drawn by lot as they are meant to be. */
export function freeSubnet6(taken: Subnet[]): Subnet {
  for (;;) {
    const lot = BigInt(`0xfd${randomBytes(7).toString('hex')}`)
    const subnet: Subnet = { version: 6, value: lot << 64n, prefix: 64 }
    if (!taken.some((each) => overlaps(each, subnet))) return subnet
  }
}

const invalid = (what: string): EngineError => new EngineError('INVALID_ARGUMENT', what)

/** What a request says of one subnet, made whole: its gateway is the first address where none is named. */
export function checkedConfig(config: IpamConfig, taken: Subnet[]): IpamConfig & { Subnet: string } {
  const { Subnet: text = '', IPRange, Gateway, AuxiliaryAddresses } = config
  const found = parseSubnet(text)
  if (!found) throw invalid(`invalid subnet '${text}': write it as 172.28.0.0/16`)
  const { subnet, exact } = found
  if (!exact) throw invalid(`invalid subnet ${text}: it should be ${formatSubnet(subnet)}`)
  if (subnet.prefix > (subnet.version === 4 ? 30 : 126)) {
    throw invalid(`invalid subnet ${text}: it has no room for a gateway and a container`)
  }
  if ([NAT, ...taken].some((each) => overlaps(each, subnet))) {
    throw new EngineError(
      'FORBIDDEN',
      `invalid pool request: Pool overlaps with other one on this address space: ${text}; give another subnet` +
        ` (${NAT_SUBNET} is every container's own way out)`,
    )
  }
  const range = IPRange ? parseSubnet(IPRange)?.subnet : undefined
  if (IPRange && (!range || !contains(subnet, range) || range.prefix < subnet.prefix)) {
    throw invalid(`invalid ip-range ${IPRange}: it is not a part of ${text}`)
  }
  const auxiliary = Object.entries(AuxiliaryAddresses ?? {})
  for (const [name, address] of auxiliary) inside(subnet, address, `auxiliary address ${name}=`)
  if (Gateway) inside(subnet, Gateway, 'gateway ')
  const first = range ?? subnet
  const lowest: Address = {
    ...first,
    value: range && range.value !== subnet.value ? range.value : subnet.value + 1n,
  }
  return {
    Subnet: text,
    ...(IPRange ? { IPRange } : {}),
    Gateway: Gateway || formatAddress(lowest),
    ...(auxiliary.length > 0 ? { AuxiliaryAddresses } : {}),
  }
}

function inside(subnet: Subnet, text: string, what: string): void {
  const address = parseAddress(text)
  if (address && contains(subnet, address)) return
  throw invalid(`invalid ${what}${text}: it is not in the subnet ${formatSubnet(subnet)}`)
}
