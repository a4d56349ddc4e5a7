import type { Command } from 'commander'
import type { ContainerStats } from '../../contract/docker-stats.ts'
import { shortId } from '../../contract/names.ts'
import { containerIds, statsPath, watchStats } from '../api/watch-stats.ts'
import { diskSize, memorySize } from '../format/bytes.ts'
import { cpuShare, moved, ownMemory, percent, sum } from '../format/usage.ts'
import { json, table } from '../format/table.ts'
import { complain, engine, print } from './common.ts'

interface Flags {
  all?: boolean
  stream: boolean
  json?: boolean
}

export function addStats(program: Command): void {
  program
    .command('stats')
    .argument('[containers...]', 'all that run where none is named')
    .description('show what containers use, again and again')
    .option('-a, --all', 'those too that do not run')
    .option('--no-stream', 'show it once')
    .option('--json', 'print JSON, with --no-stream')
    .action(stats)
}

async function stats(names: string[], flags: Flags): Promise<void> {
  const client = await engine()
  const wanted = names.length > 0 ? names : await containerIds(client, flags)
  if (flags.stream && !flags.json) return watchStats(client, wanted, (readings) => statsTable(readings))
  const all = await Promise.allSettled(
    wanted.map((name) => client.get<ContainerStats>(statsPath(name), { stream: '0' })),
  )
  const readings: ContainerStats[] = []
  for (const each of all) {
    if (each.status === 'fulfilled') readings.push(each.value)
    else {
      complain(each.reason)
      process.exitCode = 1
    }
  }
  print(flags.json ? json(readings) : statsTable(readings))
}

export function statsTable(readings: ContainerStats[]): string {
  const headings = ['CONTAINER ID', 'NAME', 'CPU %', 'MEM USAGE / LIMIT', 'MEM %', 'NET I/O', 'BLOCK I/O', 'PIDS'] // prettier-ignore
  return table(headings, readings.map(row)) // prettier-ignore
}

function row(stats: ContainerStats): string[] {
  const { id, name, memory_stats, networks = {} } = stats
  const { limit = 0 } = memory_stats
  const own = ownMemory(stats)
  const all = Object.values(networks)
  return [
    shortId(id),
    name.replace(/^\//, ''),
    percent(cpuShare(stats)),
    `${memorySize(own)} / ${memorySize(limit)}`,
    percent(limit > 0 ? own / limit : 0),
    `${diskSize(sum(all.map((each) => each.rx_bytes)))} / ${diskSize(sum(all.map((each) => each.tx_bytes)))}`,
    `${diskSize(moved(stats, 'read'))} / ${diskSize(moved(stats, 'write'))}`,
    String(stats.pids_stats.current ?? 0),
  ]
}
