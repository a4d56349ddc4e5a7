import type { Command } from 'commander'
import type { EndpointSettings, NetworkingConfig } from '../../contract/docker-networks.ts'
import { many } from './many.ts'
import { invalid } from './numbers.ts'

export interface NetworkFlags {
  network: string[]
  networkAlias: string[]
  ip?: string
  ip6?: string
  macAddress?: string
}

export function addNetworkFlags(command: Command): Command {
  return command
    .addOption(
      many('--network <network>', 'bridge, none, or a network that was made; again for more of them'),
    )
    .addOption(many('--network-alias <name>', 'a further name in the first network'))
    .option('--ip <address>', 'an address of version 4 in the first network')
    .option('--ip6 <address>', 'an address of version 6 in the first network')
    .option('--mac-address <address>', 'a MAC address in the first network')
}

/** What the flags say of networks. Throws INVALID_ARGUMENT for what only a network that was named can have. */
export function networking(flags: NetworkFlags): { mode?: string; config?: NetworkingConfig } {
  const [first, ...others] = flags.network
  const settings: EndpointSettings = {
    ...(flags.networkAlias.length > 0 && { Aliases: flags.networkAlias }),
    ...((flags.ip || flags.ip6) && {
      IPAMConfig: {
        ...(flags.ip && { IPv4Address: flags.ip }),
        ...(flags.ip6 && { IPv6Address: flags.ip6 }),
      },
    }),
    ...(flags.macAddress && { MacAddress: flags.macAddress }),
  }
  if (first === undefined) {
    const [given] = ['networkAlias', 'ip', 'ip6', 'macAddress'].filter((name) =>
      String(Reflect.get(flags, name) ?? ''),
    )
    if (given) throw invalid(given, 'it is of a network: name one with --network')
    return {}
  }
  const endpoints = [[first, settings], ...others.map((name) => [name, {}])] as [string, EndpointSettings][]
  return { mode: first, config: { EndpointsConfig: Object.fromEntries(endpoints) } }
}
