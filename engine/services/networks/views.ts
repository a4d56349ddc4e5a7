import type { EndpointSettings, NetworkContainer } from '../../../contract/docker-networks.ts'
import type { ContainerRecord } from '../containers/record.ts'
import { namesOf, type Endpoint } from './endpoint.ts'
import { endpointsIn } from './endpoints.ts'
import { isBuiltin, type NetworkRecord } from './record.ts'
import { subnetOf } from './subnets.ts'

type Find = (id: string) => NetworkRecord | undefined

function config(network: NetworkRecord | undefined, version: 4 | 6): { gateway: string; prefix: number } {
  const found = network?.IPAM.Config.find(({ Subnet }) => subnetOf(Subnet)?.version === version)
  return { gateway: found?.Gateway ?? '', prefix: subnetOf(found?.Subnet)?.prefix ?? 0 }
}

/** Docker's shape of the networks that a container is in; addresses only while it runs. */
export function endpointViews(record: ContainerRecord, find: Find): Record<string, EndpointSettings> {
  return Object.fromEntries(
    endpointsIn(record).map((endpoint) => [
      endpoint.name,
      endpointView(record, endpoint, find(endpoint.network)),
    ]),
  )
}

function endpointView(
  record: ContainerRecord,
  endpoint: Endpoint,
  network: NetworkRecord | undefined,
): EndpointSettings {
  const { aliases, settings, current } = endpoint
  const [four, six] = [config(network, 4), config(network, 6)]
  return {
    IPAMConfig: settings.IPAMConfig ?? null,
    Links: settings.Links ?? null,
    Aliases: aliases.length > 0 ? aliases : null,
    MacAddress: current?.mac ?? settings.MacAddress ?? '',
    DriverOpts: null,
    GwPriority: settings.GwPriority ?? 0,
    NetworkID: endpoint.network,
    EndpointID: current?.id ?? '',
    Gateway: current?.ip4 ? four.gateway : '',
    IPAddress: current?.ip4 ?? '',
    IPPrefixLen: current?.ip4 ? four.prefix : 0,
    IPv6Gateway: current?.ip6 ? six.gateway : '',
    GlobalIPv6Address: current?.ip6 ?? '',
    GlobalIPv6PrefixLen: current?.ip6 ? six.prefix : 0,
    DNSNames: network && !isBuiltin(network) ? namesOf(record, endpoint) : null,
  }
}

/** A running container in the description of a network. */
export function memberView(
  record: ContainerRecord,
  { current }: Endpoint,
  network: NetworkRecord,
): NetworkContainer {
  const withPrefix = (address: string | undefined, version: 4 | 6): string =>
    address ? `${address}/${config(network, version).prefix}` : ''
  return {
    Name: record.name,
    EndpointID: current?.id ?? '',
    MacAddress: current?.mac ?? '',
    IPv4Address: withPrefix(current?.ip4, 4),
    IPv6Address: withPrefix(current?.ip6, 6),
  }
}
