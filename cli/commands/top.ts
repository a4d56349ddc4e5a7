import type { Command } from 'commander'
import type { ContainerInspect, ContainerTop, HostConfig } from '../../contract/docker.ts'
import type { ContainerStats } from '../../contract/docker-stats.ts'
import type { EngineClient } from '../api/client.ts'
import { containerIds, watchStats } from '../api/watch-stats.ts'
import { diskSize, memorySize } from '../format/bytes.ts'
import { table } from '../format/table.ts'
import { cpuShare, moved, ownMemory, percent, sum } from '../format/usage.ts'
import { engine, print } from './common.ts'

export function addTop(program: Command): void {
  program
    .command('top')
    .argument('[container]', 'show its processes; without one, what all that run use of what they may')
    .argument('[ps-options...]', 'columns of the processes, as -o pid,user,args')
    .description('show the rates and limits of containers, or the processes of one')
    .passThroughOptions()
    .action(top)
}

async function top(name: string | undefined, options: string[]): Promise<void> {
  const client = await engine()
  if (name !== undefined) return processes(client, name, options)
  const names = await containerIds(client, {})
  const limits = new Map<string, HostConfig>()
  for (const id of names) {
    const { HostConfig } = await client.get<ContainerInspect>(`/containers/${id}/json`)
    limits.set(id, HostConfig)
  }
  await watchStats(client, names, (latest, earlier) => ratesTable(latest, earlier, limits))
}

async function processes(client: EngineClient, name: string, options: string[]): Promise<void> {
  const query = options.length > 0 ? { ps_args: options.join(' ') } : {}
  const path = `/containers/${encodeURIComponent(name)}/top`
  const { Titles, Processes } = await client.get<ContainerTop>(path, query)
  print(table(Titles, Processes))
}

/** What each uses a second, with what it may where that is limited. */
export function ratesTable(
  latest: ContainerStats[],
  earlier: Map<string, ContainerStats>,
  limits: Map<string, HostConfig>,
): string {
  const headings = ['NAME', 'CPU', 'OWN MEMORY', 'READ/s', 'WRITE/s', 'RECEIVED/s', 'SENT/s']
  return table(
    headings,
    latest.map((now) => row(now, earlier.get(now.id), limits.get(now.id) ?? {})),
  )
}

function row(now: ContainerStats, before: ContainerStats | undefined, host: HostConfig): string[] {
  const seconds = before ? (Date.parse(now.read) - Date.parse(before.read)) / 1000 : 0
  const rate = (count: (stats: ContainerStats) => number): string =>
    before && seconds > 0 ? diskSize(Math.max(0, (count(now) - count(before)) / seconds)) : '-'
  const network = (key: 'rx_bytes' | 'tx_bytes') => (stats: ContainerStats) =>
    sum(Object.values(stats.networks ?? {}).map((each) => each[key]))
  return [
    now.name.replace(/^\//, ''),
    of(percent(cpuShare(now)), host.NanoCpus ? `${host.NanoCpus / 1e7}%` : undefined),
    of(memorySize(ownMemory(now)), host.Memory ? memorySize(host.Memory) : undefined),
    of(
      rate((stats) => moved(stats, 'read')),
      slowest(host['BlkioDeviceReadBps']),
    ),
    of(
      rate((stats) => moved(stats, 'write')),
      slowest(host['BlkioDeviceWriteBps']),
    ),
    rate(network('rx_bytes')),
    rate(network('tx_bytes')),
  ]
}

const of = (used: string, limit: string | undefined): string =>
  limit === undefined ? used : `${used} of ${limit}`

function slowest(rates: unknown): string | undefined {
  const all = ((rates ?? []) as { Rate: number }[]).map(({ Rate }) => Rate)
  return all.length > 0 ? diskSize(Math.min(...all)) : undefined
}
