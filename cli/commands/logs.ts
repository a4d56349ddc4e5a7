import type { Command } from 'commander'
import type { ContainerInspect } from '../../contract/docker.ts'
import { copyOutput } from '../api/multiplex.ts'
import { timestamp } from '../format/time.ts'
import { engine } from './common.ts'

interface Flags {
  follow?: boolean
  timestamps?: boolean
  since?: string
  until?: string
  tail?: string
}

export function addLogs(program: Command): void {
  program
    .command('logs <container>')
    .description('show what a container printed')
    .option('-f, --follow', 'go on with what it prints')
    .option('-t, --timestamps', 'begin each line with its time')
    .option('--since <time>', 'from then on: a date, Unix seconds, or 10m for ten minutes ago')
    .option('--until <time>', 'up to then')
    .option('-n, --tail <lines>', 'last lines only')
    .action(logs)
}

async function logs(name: string, { follow, timestamps, since, until, tail }: Flags): Promise<void> {
  const query = {
    stdout: true,
    stderr: true,
    follow,
    timestamps,
    since: since === undefined ? undefined : timestamp(since),
    until: until === undefined ? undefined : timestamp(until),
    tail,
  }
  const client = await engine()
  const path = `/containers/${encodeURIComponent(name)}`
  const { Config } = await client.get<ContainerInspect>(`${path}/json`)
  const answer = await client.stream('GET', `${path}/logs`, { query })
  await copyOutput(answer, { stdout: process.stdout, stderr: process.stderr, tty: Config.Tty ?? false })
}
