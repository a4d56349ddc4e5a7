import type { EndpointSettings } from '../../../contract/docker-networks.ts'

/** How a container is in a network; kept in the container's record. */
export interface Endpoint {
  /** Id of the network; its name does not change. */
  network: string
  name: string
  /** As asked for, without what follows from the container. */
  aliases: string[]
  settings: Pick<EndpointSettings, 'IPAMConfig' | 'GwPriority' | 'Links' | 'MacAddress'>
  /** While the container runs. */
  current?: Placement
}

/** What an endpoint was given for one run. */
export interface Placement {
  /** 64 hex digits. */
  id: string
  mac: string
  ip4?: string
  ip6?: string
  /** What the guest calls it; '' where it has none. */
  interface: string
}

/** By which names others find a container in a network. */
export function namesOf(
  { id, name, config }: { id: string; name: string; config: { Hostname?: string } },
  { aliases }: Pick<Endpoint, 'aliases'>,
): string[] {
  const short = id.slice(0, 12)
  return [...new Set([name, ...aliases, short, config.Hostname || short])]
}
