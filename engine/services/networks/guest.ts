import type { ContainerConfig, HostConfig } from '../../../contract/docker.ts'
import { endpointMac, natMac } from '../../../contract/mac.ts'
import type { GuestInterface, GuestNames, GuestNat } from '../../guest/agent-client.ts'
import type { SwitchMember, SwitchNetwork } from '../../switch/switches.ts'
import { parseExtraHost } from '../containers/options/guest-options.ts'
import type { ContainerRecord } from '../containers/record.ts'
import { namesOf, type Endpoint, type Placement } from './endpoint.ts'
import { parseLink } from './links.ts'
import { parseRate } from './rate.ts'
import { MTU, ICC, NAT, RATE, type NetworkRecord } from './record.ts'
import { LARGEST_MTU } from './request.ts'
import { subnetOf } from './subnets.ts'

/** An endpoint of a container that runs, with its network: of those that have a switch. */
export interface Port {
  network: NetworkRecord
  endpoint: Endpoint
  current: Placement
}

/** What a container's guest is told of its networks before it starts. */
export interface GuestNetwork {
  nat: GuestNat
  interfaces: GuestInterface[]
  names: GuestNames
}

const config = (network: NetworkRecord, version: 4 | 6) =>
  network.IPAM.Config.find(({ Subnet }) => subnetOf(Subnet)?.version === version)

const prefixOf = (network: NetworkRecord, version: 4 | 6): number =>
  subnetOf(config(network, version)?.Subnet)!.prefix

export function interfaceOf({ network, current }: Port): GuestInterface {
  return {
    mac: current.mac,
    name: current.interface,
    addresses: [
      ...(current.ip4 ? [`${current.ip4}/${prefixOf(network, 4)}`] : []),
      ...(current.ip6 ? [`${current.ip6}/${prefixOf(network, 6)}`] : []),
    ],
    mtu: Number(network.Options[MTU] ?? LARGEST_MTU),
  }
}

const NAT_NAME = 'nat0'

/** The NAT's interface, where a container that runs comes to a way out. */
export function natInterface(record: Pick<ContainerRecord, 'id' | 'networks'>): GuestInterface {
  return {
    mac: natMacOf(record),
    name: NAT_NAME,
    addresses: [`${NAT.address}/${NAT.prefix}`],
    mtu: NAT.mtu,
    gateway: NAT.gateway,
  }
}

/** Of the first interface. */
export function natMacOf({ id, networks }: Pick<ContainerRecord, 'id' | 'networks'>): string {
  const wanted = networks?.find(({ name }) => name === 'bridge')?.settings.MacAddress
  return wanted ?? natMac(id)
}

/** `wayOut`: it is behind the NAT too. */
export function guestNames(
  { config, hostConfig }: { config: ContainerConfig; hostConfig: HostConfig },
  ports: Port[],
  wayOut: boolean,
): GuestNames {
  const dns = hostConfig.Dns?.length ? hostConfig.Dns : [NAT.dns]
  return {
    hostname: config.Hostname!,
    domainname: config.Domainname ?? '',
    extraHosts: (hostConfig.ExtraHosts ?? [])
      .map((entry) => parseExtraHost(entry, NAT.gateway))
      .filter(({ address }) => wayOut || address !== NAT.gateway),
    addresses: ports.flatMap(({ current: { ip4, ip6 } }) => [ip4, ip6].filter((each) => each !== undefined)),
    servers: ports.map(({ network }) => (config4(network) ?? config6(network))!),
    dns: wayOut ? dns : [],
    dnsSearch: hostConfig.DnsSearch ?? [],
    dnsOptions: hostConfig.DnsOptions ?? [],
  }
}

const config4 = (network: NetworkRecord): string | undefined => config(network, 4)?.Gateway
const config6 = (network: NetworkRecord): string | undefined => config(network, 6)?.Gateway

export function guestNetwork(record: ContainerRecord, ports: Port[], wayOut: boolean): GuestNetwork {
  // With a network of its own for company, the first of those is what programs take for the machine's interface.
  const onBridge = (record.networks ?? []).some(({ name }) => name === 'bridge')
  return {
    nat: {
      ...USUAL_NAT,
      ...(wayOut ? {} : { address: '' }),
      interface: onBridge ? '' : NAT_NAME,
      mac: natMacOf(record),
    },
    interfaces: ports.map(interfaceOf),
    names: guestNames(record, ports, wayOut),
  }
}

/** The NAT of a container on `bridge`, but for its own hardware address: what templates have. */
export const USUAL_NAT: GuestNat = {
  address: `${NAT.address}/${NAT.prefix}`,
  gateway: NAT.gateway,
  mtu: NAT.mtu,
  interface: '',
  mac: '',
}

/** Without any network: for a VM that only reads or writes files. */
export function noNetwork({
  config,
  hostConfig,
}: Pick<ContainerRecord, 'config' | 'hostConfig'>): GuestNetwork {
  return {
    nat: { ...USUAL_NAT, address: '' },
    interfaces: [],
    names: guestNames({ config, hostConfig }, [], false),
  }
}

export function switchNetwork(network: NetworkRecord): SwitchNetwork {
  const four = config4(network)
  const six = config6(network)
  return {
    id: network.Id,
    name: network.Name,
    gateway: {
      mac: endpointMac(four, network.Id),
      ...(four ? { ip4: `${four}/${prefixOf(network, 4)}` } : {}),
      ...(six ? { ip6: six } : {}),
    },
    isolated: network.Options[ICC] === 'false',
  }
}

export function switchMember(record: ContainerRecord, { network, endpoint, current }: Port): SwitchMember {
  const rate = rateOf(record, network)
  const { id, mac, ip4, ip6 } = current
  const links = (endpoint.settings.Links ?? []).map(parseLink)
  return { id, mac, ip4, ip6, bitsPerSecond: rate ?? 0, names: namesOf(record, endpoint), links }
}

/**
 * Bits a second that a container may send, and get, through the NAT: as its label says, else as much as the networks
 * allow that lead there.
 */
export function natRateOf(
  { config }: Pick<ContainerRecord, 'config'>,
  waysOut: NetworkRecord[],
): number | undefined {
  const texts = waysOut.map(({ Options }) => config.Labels?.[RATE] ?? Options[RATE])
  const rates = texts.flatMap((text) => (text === undefined ? [] : parseRate(text)))
  return rates.length > 0 && rates.length === waysOut.length ? Math.max(...rates) : undefined
}

/** Bits a second that a container may send, and get, in a network; undefined: as many as it can. */
export function rateOf(
  { config }: Pick<ContainerRecord, 'config'>,
  network: NetworkRecord,
): number | undefined {
  const text = config.Labels?.[RATE] ?? network.Options[RATE]
  return text === undefined ? undefined : parseRate(text)
}
