import type { Command } from 'commander'
import type { Network, NetworkCreateRequest, NetworkCreateResponse } from '../../contract/docker-networks.ts'
import { pathOf, shortId } from '../../contract/names.ts'
import type { ContainerReach, NetworkRate } from '../../contract/ramet-networks.ts'
import { diskSize } from '../format/bytes.ts'
import { json, table } from '../format/table.ts'
import { many } from '../parse/many.ts'
import { pairs } from '../parse/create-request.ts'
import { each, engine, filters, print } from './common.ts'

interface CreateFlags {
  driver?: string
  subnet: string[]
  gateway: string[]
  ipRange: string[]
  internal?: boolean
  ipv6?: boolean
  label: string[]
  opt: string[]
}

export function addNetworks(program: Command): void {
  const group = program.command('network').description('networks that containers share').helpCommand(false)
  group
    .command('create <name>')
    .description('make a network')
    .option('-d, --driver <driver>', 'bridge, the only one')
    .addOption(many('--subnet <subnet>', 'addresses, for example 172.28.0.0/16; one of each version'))
    .addOption(many('--gateway <address>', "the network's own address, in the order of the subnets"))
    .addOption(many('--ip-range <subnet>', 'the part that containers get theirs from, in the same order'))
    .option('--internal', 'without a way out')
    .option('--ipv6', 'with addresses of version 6')
    .addOption(many('--label <NAME=VALUE>', 'set a label'))
    .addOption(many('-o, --opt <NAME=VALUE>', 'set an option, for example ramet.net.rate=20mbit'))
    .action(create)
  group
    .command('ls', { isDefault: true })
    .description('list networks')
    .option('-q, --quiet', 'print ids only')
    .addOption(many('-f, --filter <NAME=VALUE>', 'only some of them'))
    .option('--json', 'print JSON')
    .action(list)
  group
    .command('inspect <networks...>')
    .description('print all that is known of networks, as JSON')
    .action(async (names: string[]) => {
      const client = await engine()
      const found = await Promise.all(names.map((name) => client.get<Network>(`/networks/${pathOf(name)}`)))
      print(json(found))
    })
  group
    .command('rm <networks...>')
    .description('remove networks that no running container is in')
    .action(async (names: string[]) => {
      const client = await engine()
      await each(names, async (name) => {
        await client.call('DELETE', `/networks/${pathOf(name)}`)
        return name
      })
    })
  group
    .command('connect <network> <container>')
    .description('put a container into a network, live where it runs')
    .addOption(many('--alias <name>', 'a further name in this network'))
    .option('--ip <address>', 'an address of version 4')
    .option('--ip6 <address>', 'an address of version 6')
    .action(connect)
  group
    .command('disconnect <network> <container>')
    .description('take a container out of a network, live where it runs')
    .option('-f, --force', 'accepted for Docker’s sake')
    .action(async (network: string, container: string, { force }: { force?: boolean }) => {
      await (
        await engine()
      ).call('POST', `/networks/${pathOf(network)}/disconnect`, {
        body: { Container: container, Force: force ?? false },
      })
    })
  group
    .command('prune')
    .description('remove networks that no container is in')
    .addOption(many('--filter <NAME=VALUE>', 'only some of them'))
    .action(async ({ filter }: { filter: string[] }) => {
      const query = { filters: filters(filter) }
      const client = await engine()
      const pruned = await client.call<{ NetworksDeleted: string[] }>('POST', '/networks/prune', { query })
      for (const name of pruned!.NetworksDeleted) print(`${name}\n`)
    })
  group
    .command('reach')
    .description('show which containers reach which, the outside and the workstation')
    .option('--json', 'print JSON')
    .action(reach)
  group
    .command('rates [containers...]')
    .description(
      'show what containers, or only these, send and get in each network now, and through a bounded NAT',
    )
    .option('--json', 'print JSON')
    .action(rates)
}

async function rates(wanted: string[], flags: { json?: boolean }): Promise<void> {
  const found = await (await engine()).get<NetworkRate[]>('/ramet/v1/networks/rates')
  const isMeant = ({ name, container }: NetworkRate): boolean =>
    wanted.length === 0 || wanted.some((each) => each === name || container.startsWith(each))
  const all = found.filter(isMeant)
  if (flags.json) return print(json(all))
  const rows = all.map((each) => [
    each.name,
    each.network,
    `${diskSize(each.sentBytesPerSecond)}/s`,
    `${diskSize(each.receivedBytesPerSecond)}/s`,
    each.limitBitsPerSecond > 0 ? `${diskSize(each.limitBitsPerSecond / 8)}/s` : '-',
    diskSize(each.sentBytes),
    diskSize(each.receivedBytes),
    String(each.refusedFrames),
    String(each.droppedFrames),
  ])
  const columns = ['CONTAINER', 'NETWORK', 'SENDS', 'GETS', 'AT MOST', 'SENT', 'GOT', 'REFUSED', 'DROPPED']
  print(table(columns, rows))
}

async function create(name: string, flags: CreateFlags): Promise<void> {
  const config = flags.subnet.map((Subnet, at) => ({
    Subnet,
    ...(flags.gateway[at] ? { Gateway: flags.gateway[at] } : {}),
    ...(flags.ipRange[at] ? { IPRange: flags.ipRange[at] } : {}),
  }))
  const request: NetworkCreateRequest = {
    Name: name,
    Driver: flags.driver ?? 'bridge',
    EnableIPv6: flags.ipv6 ?? false,
    IPAM: { Driver: 'default', Config: config },
    Internal: flags.internal ?? false,
    Labels: pairs(flags.label),
    Options: pairs(flags.opt, '--opt'),
  }
  const client = await engine()
  const made = (await client.call<NetworkCreateResponse>('POST', '/networks/create', { body: request }))!
  if (made.Warning) process.stderr.write(`ramet: ${made.Warning}\n`)
  print(`${made.Id}\n`)
}

async function list(flags: { quiet?: boolean; filter: string[]; json?: boolean }): Promise<void> {
  const query = { filters: filters(flags.filter) }
  const networks = (await (await engine()).call<Network[]>('GET', '/networks', { query }))!
  if (flags.json) return print(json(networks))
  if (flags.quiet) return print(networks.map(({ Id }) => `${shortId(Id)}\n`).join(''))
  const rows = networks.map(({ Id, Name, Driver, IPAM, Internal }) => [
    shortId(Id),
    Name,
    Driver,
    IPAM.Config.map(({ Subnet }) => Subnet ?? '').join(', '),
    Internal ? 'internal' : '',
  ])
  print(table(['NETWORK', 'NAME', 'DRIVER', 'SUBNETS', ''], rows))
}

async function connect(
  network: string,
  container: string,
  { alias, ip, ip6 }: { alias: string[]; ip?: string; ip6?: string },
): Promise<void> {
  const client = await engine()
  const IPAMConfig = { ...(ip ? { IPv4Address: ip } : {}), ...(ip6 ? { IPv6Address: ip6 } : {}) }
  await client.call('POST', `/networks/${pathOf(network)}/connect`, {
    body: { Container: container, EndpointConfig: { Aliases: alias, IPAMConfig } },
  })
}

async function reach(flags: { json?: boolean }): Promise<void> {
  const all = await (await engine()).get<ContainerReach[]>('/ramet/v1/networks/reach')
  if (flags.json) return print(json(all))
  const rows = all.map(({ name, running, networks, reaches, outside, hostPorts, published }) => [
    running ? name : `${name} (not running)`,
    networks.join(', '),
    reaches.map((other) => other.name).join(', ') || '-',
    outside ? 'yes' : 'no',
    hostPorts.join(', ') || '-',
    published.join(', ') || '-',
  ])
  print(table(['CONTAINER', 'NETWORKS', 'REACHES', 'OUTSIDE', 'HOST PORTS', 'PUBLISHED AT'], rows))
}
