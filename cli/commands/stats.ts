import type { Command } from 'commander'
import { clearScreenDown, createInterface, cursorTo } from 'node:readline'
import type { ContainerSummary } from '../../contract/docker.ts'
import type { ContainerStats, CpuStats } from '../../contract/docker-stats.ts'
import type { EngineClient } from '../api/client.ts'
import { diskSize, memorySize } from '../format/bytes.ts'
import { json, table } from '../format/table.ts'
import { complain, engine, pathOf, print, shortId } from './common.ts'

const REDRAW_MS = 1000

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
  const wanted = names.length > 0 ? names : await listed(client, flags)
  if (flags.stream && !flags.json) return follow(client, wanted)
  const all = await Promise.allSettled(
    wanted.map((name) => client.get<ContainerStats>(path(name), { stream: '0' })),
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

async function listed(client: EngineClient, { all }: Flags): Promise<string[]> {
  const containers = await client.get<ContainerSummary[]>('/containers/json', { all })
  return containers.map(({ Id }) => Id)
}

const path = (name: string): string => `/containers/${pathOf(name)}/stats`

/** One stream each; what came last of all of them is shown together. Ends when all have ended. */
async function follow(client: EngineClient, names: string[]): Promise<void> {
  const latest = new Map<string, ContainerStats>()
  const show = (): void => {
    if (process.stdout.isTTY) {
      cursorTo(process.stdout, 0, 0)
      clearScreenDown(process.stdout)
    }
    print(statsTable(names.flatMap((name) => latest.get(name) ?? [])))
  }
  const streams = await Promise.all(names.map((name) => client.stream('GET', path(name))))
  const timer = setInterval(show, REDRAW_MS)
  try {
    await Promise.all(
      streams.map(async (stream, at) => {
        const name = names[at]!
        for await (const line of createInterface(stream)) latest.set(name, JSON.parse(line) as ContainerStats)
        latest.delete(name)
      }),
    )
  } finally {
    clearInterval(timer)
  }
}

export function statsTable(readings: ContainerStats[]): string {
  const headings = ['CONTAINER ID', 'NAME', 'CPU %', 'MEM USAGE / LIMIT', 'MEM %', 'NET I/O', 'BLOCK I/O', 'PIDS'] // prettier-ignore
  return table(headings, readings.map(row)) // prettier-ignore
}

function row({ id, name, memory_stats, networks = {}, blkio_stats, ...rest }: ContainerStats): string[] {
  const { usage = 0, limit = 0, stats = {} } = memory_stats
  // What siblings share with it is not its own.
  const own = usage - (stats.inactive_file ?? 0)
  const all = Object.values(networks)
  const blocks = blkio_stats.io_service_bytes_recursive ?? []
  const moved = (op: 'read' | 'write'): number => sum(blocks.filter((each) => each.op === op).map(({ value }) => value)) // prettier-ignore
  return [
    shortId(id),
    name.replace(/^\//, ''),
    percent(cpuShare(rest.cpu_stats, rest.precpu_stats)),
    `${memorySize(own)} / ${memorySize(limit)}`,
    percent(limit > 0 ? own / limit : 0),
    `${diskSize(sum(all.map((each) => each.rx_bytes)))} / ${diskSize(sum(all.map((each) => each.tx_bytes)))}`,
    `${diskSize(moved('read'))} / ${diskSize(moved('write'))}`,
    String(rest.pids_stats.current ?? 0),
  ]
}

/** Of one CPU: 2 is two CPUs at work all the time. */
function cpuShare(now: CpuStats, before: CpuStats): number {
  const host = (now.system_cpu_usage ?? 0) - (before.system_cpu_usage ?? 0)
  const own = now.cpu_usage.total_usage - before.cpu_usage.total_usage
  return before.system_cpu_usage !== undefined && host > 0 ? (own / host) * (now.online_cpus ?? 1) : 0
}

const percent = (share: number): string => `${(share * 100).toFixed(2)}%`

const sum = (numbers: number[]): number => numbers.reduce((total, each) => total + each, 0)
