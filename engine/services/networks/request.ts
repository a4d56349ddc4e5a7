import { randomBytes } from 'node:crypto'
import type { IpamConfig, NetworkCreateRequest } from '../../../contract/docker-networks.ts'
import { EngineError } from '../../../contract/errors.ts'
import { formatAddress, formatSubnet, type Subnet } from './address.ts'
import { parseRate } from './rate.ts'
import { ICC, MTU, RATE, type NetworkRecord } from './record.ts'
import { checkedConfig, freeSubnet4, freeSubnet6, subnetOf } from './subnets.ts'

const VALID = /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}$/
/** Options of Docker's bridge driver that mean nothing where there is no bridge on the workstation. */
const WITHOUT_MEANING = [
  'com.docker.network.bridge.name',
  'com.docker.network.bridge.default_bridge',
  'com.docker.network.bridge.inhibit_ipv4',
  'com.docker.network.container_iface_prefix',
]
export const LARGEST_MTU = 65_500

/** Subnets that a new network must leave alone: those of other networks, and what the workstation has routes to. */
export interface Taken {
  networks: Subnet[]
  hostRoutes: Subnet[]
}

/** The record that a request asks for, and what it should know. Rejects, by name, what a network here cannot be. */
export function newNetwork(
  request: NetworkCreateRequest,
  taken: Taken,
): { record: NetworkRecord; warning: string } {
  refuse(request)
  const options = request.Options ?? {}
  const warnings = Object.entries(options).flatMap(([name, value]) => checkOption(name, value))
  return {
    record: {
      Name: request.Name,
      Id: randomBytes(32).toString('hex'),
      Created: new Date().toISOString(),
      Scope: 'local',
      Driver: 'bridge',
      EnableIPv4: request.EnableIPv4 ?? true,
      EnableIPv6: request.EnableIPv6 ?? false,
      IPAM: { Driver: 'default', Options: null, Config: configs(request, taken) },
      Internal: request.Internal ?? false,
      Attachable: request.Attachable ?? false,
      Ingress: false,
      ConfigFrom: { Network: '' },
      ConfigOnly: false,
      Options: options,
      Labels: request.Labels ?? {},
    },
    warning: warnings.join('; '),
  }
}

function refuse({ Name, Driver, Scope, IPAM, EnableIPv4, EnableIPv6, ...rest }: NetworkCreateRequest): void {
  if (!VALID.test(Name)) {
    throw new EngineError(
      'INVALID_ARGUMENT',
      `invalid network name: '${Name}': only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed, 1 to 128 of them`,
    )
  }
  if (Driver === 'host' || Driver === 'null') {
    throw new EngineError('FORBIDDEN', `only one instance of "${Driver}" network is allowed`)
  }
  const driver = Driver || 'bridge'
  if (!['bridge', 'default'].includes(driver)) {
    throw new EngineError(
      ['macvlan', 'ipvlan', 'overlay'].includes(driver) ? 'NOT_SUPPORTED' : 'NOT_FOUND',
      `could not find plugin ${driver} in v1 plugin registry: plugin not found; use the driver bridge`,
    )
  }
  const swarm =
    Scope === 'swarm' || Scope === 'global' || rest.Ingress || rest.ConfigOnly || rest.ConfigFrom?.Network
  if (swarm) {
    throw new EngineError('NOT_SUPPORTED', `the network ${Name} asks for what only a swarm has; leave it out`)
  }
  if (!['', 'default'].includes(IPAM?.Driver ?? '')) {
    throw new EngineError('NOT_SUPPORTED', `the IPAM driver '${IPAM!.Driver}' is not supported; use default`)
  }
  const [option] = Object.keys(IPAM?.Options ?? {})
  if (option !== undefined) {
    throw new EngineError('NOT_SUPPORTED', `the IPAM option '${option}' is not supported; leave it out`)
  }
  if (EnableIPv4 === false && !EnableIPv6) {
    throw new EngineError('INVALID_ARGUMENT', `IPv4 or IPv6 must be enabled on the network ${Name}`)
  }
}

/** One subnet for each version that the network has, given or found. */
function configs(request: NetworkCreateRequest, taken: Taken): IpamConfig[] {
  const given = (request.IPAM?.Config ?? []).filter((each) => each.Subnet || each.IPRange || each.Gateway)
  const made = given.map((each) => checkedConfig(each, taken.networks))
  const ofVersion = (version: 4 | 6) => made.filter(({ Subnet }) => subnetOf(Subnet)!.version === version)
  const wanted = { 4: request.EnableIPv4 ?? true, 6: request.EnableIPv6 ?? false }
  for (const version of [4, 6] as const) {
    const found = ofVersion(version)
    if (found.length > 1) {
      throw new EngineError(
        'INVALID_ARGUMENT',
        `the network ${request.Name} has more than one IPv${version} subnet; give one`,
      )
    }
    if (found.length > 0 && !wanted[version]) {
      throw new EngineError(
        'INVALID_ARGUMENT',
        `the subnet ${found[0]!.Subnet} is of IPv${version}, which the network ${request.Name} does not have; enable it`,
      )
    }
    if (found.length > 0 || !wanted[version]) continue
    const all = [...taken.networks, ...taken.hostRoutes]
    const subnet = version === 4 ? freeSubnet4(all) : freeSubnet6(all)
    made.push({
      Subnet: formatSubnet(subnet),
      Gateway: formatAddress({ version, value: subnet.value + 1n }),
    })
  }
  return made
}

function checkOption(name: string, value: string): string[] {
  if (name === RATE) {
    parseRate(value)
    return []
  }
  if (name === MTU) {
    const mtu = Number(value)
    if (Number.isInteger(mtu) && mtu >= 1280 && mtu <= LARGEST_MTU) return []
    throw new EngineError('INVALID_ARGUMENT', `invalid ${MTU} '${value}': give 1280 to ${LARGEST_MTU}`)
  }
  if (name === ICC && ['true', 'false'].includes(value)) return []
  if (WITHOUT_MEANING.includes(name))
    return [`the option ${name} means nothing here: there is no bridge on the workstation`]
  // What it is set to is how it is here anyway.
  if (name === 'com.docker.network.bridge.enable_ip_masquerade' && value === 'true') return []
  throw new EngineError(
    'NOT_SUPPORTED',
    `the network option '${name}=${value}' is not supported; known are ${[MTU, ICC, RATE].join(', ')}`,
  )
}
