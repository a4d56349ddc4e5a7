import type { ContainerCreateRequest, HostConfig } from '../../../contract/docker.ts'
import type { EndpointSettings } from '../../../contract/docker-networks.ts'
import { EngineError } from '../../../contract/errors.ts'
import type { Endpoint } from './endpoint.ts'
import { checkLinks } from './links.ts'
import { checkWanted } from './placement.ts'
import { parseRate } from './rate.ts'
import { BUILTIN, isBuiltin, RATE, type NetworkRecord } from './record.ts'

type Find = (nameOrId: string) => NetworkRecord

const invalid = (what: string): EngineError => new EngineError('INVALID_ARGUMENT', what)

/** The networks that a new container is to be in, that of its mode first. Rejects what a VM cannot be. */
export function endpointsOf(request: ContainerCreateRequest, find: Find): Endpoint[] {
  const mode = modeOf(request.HostConfig ?? {})
  if (request.Labels?.[RATE] !== undefined) parseRate(request.Labels[RATE])
  const asked = new Map(
    Object.entries(request.NetworkingConfig?.EndpointsConfig ?? {}).map(
      ([name, settings]) => [find(name === 'default' ? 'bridge' : name), settings ?? {}] as const,
    ),
  )
  const first = find(mode)
  const own = { MacAddress: text(request.MacAddress), ...withoutEmpty(asked.get(first) ?? {}) }
  const links = [...new Set([...(own.Links ?? []), ...(request.HostConfig?.Links ?? [])])]
  const others = [...asked].filter(([network]) => network !== first)
  if (
    others.length > 0 &&
    [first, ...others.map(([network]) => network)].some(({ Name }) => Name === 'none')
  ) {
    throw invalid("a container that is in the network 'none' can be in no other: leave out one of them")
  }
  return [
    newEndpoint(first, { ...own, Links: links }),
    ...others.map(([network, settings]) => newEndpoint(network, settings)),
  ]
}

const text = (value: unknown): string | undefined => (typeof value === 'string' && value ? value : undefined)

const withoutEmpty = (settings: EndpointSettings): EndpointSettings =>
  Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== '' && value !== null))

function modeOf({ NetworkMode = 'default' }: HostConfig): string {
  if (NetworkMode.startsWith('container:')) {
    throw new EngineError(
      'NOT_SUPPORTED',
      `the network mode '${NetworkMode}' is not possible: every container is a machine with a network of its own; ` +
        'put both into one network (docker network create) and use names instead of localhost',
    )
  }
  return ['', 'default'].includes(NetworkMode) ? 'bridge' : NetworkMode
}

/** How a container is to be in a network. Rejects, by name, what cannot be. */
export function newEndpoint(network: NetworkRecord, settings: EndpointSettings): Endpoint {
  if (network.Name === 'host' && isBuiltin(network)) {
    throw new EngineError(
      'NOT_SUPPORTED',
      "the network 'host' is not possible: the container is a machine of its own; publish its ports (-p), and name " +
        'those of the host that it needs (--add-host host.docker.internal:host-gateway)',
    )
  }
  const { IPAMConfig, Aliases, MacAddress, DriverOpts, GwPriority, Links } = settings
  const refused = Object.keys(DriverOpts ?? {}).length ? 'DriverOpts' : undefined
  if (refused ?? IPAMConfig?.LinkLocalIPs?.length) {
    throw new EngineError(
      'NOT_SUPPORTED',
      `${refused ?? 'LinkLocalIPs'} of the network ${network.Name} are not supported; leave them out`,
    )
  }
  checkLinks(Links ?? [], network)
  const wanted = [IPAMConfig?.IPv4Address, IPAMConfig?.IPv6Address]
  for (const [at, address] of wanted.entries()) {
    if (!address) continue
    if (isBuiltin(network))
      throw invalid('user specified IP address is supported on user defined networks only')
    checkWanted(network, at === 0 ? 4 : 6, address)
  }
  for (const alias of Aliases ?? []) {
    if (!/^[\w.-]{1,253}$/.test(alias))
      throw invalid(`invalid network alias '${alias}': use letters, digits, . - and _`)
  }
  return {
    network: network.Id,
    name: network.Name,
    aliases: Aliases ?? [],
    settings: {
      IPAMConfig: IPAMConfig ?? null,
      ...(Links?.length ? { Links } : {}),
      ...(GwPriority ? { GwPriority } : {}),
      ...(MacAddress ? { MacAddress: checkedMac(MacAddress) } : {}),
    },
  }
}

function checkedMac(mac: string): string {
  const [first = '', ...rest] = mac.split(/[:-]/)
  const valid = rest.length === 5 && [first, ...rest].every((byte) => /^[0-9a-fA-F]{2}$/.test(byte))
  if (valid && (parseInt(first, 16) & 1) === 0) return [first, ...rest].join(':').toLowerCase()
  throw invalid(`invalid MAC address: ${mac}: write it as 02:42:ac:12:00:02`)
}

/** Of a record that was written when there was only one network. */
export function endpointsIn(record: { networks?: Endpoint[] }): Endpoint[] {
  return (
    record.networks ?? [
      { network: BUILTIN[0]!.Id, name: 'bridge', aliases: [], settings: { IPAMConfig: null } },
    ]
  )
}
