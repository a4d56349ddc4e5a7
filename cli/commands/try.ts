import { constants } from 'node:os'
import type { Command } from 'commander'
import type { Activity, ForkResponse } from '../../contract/ramet.ts'
import type { EngineClient } from '../api/client.ts'
import { engine } from './common.ts'
import { exec } from './exec.ts'
import { livePath } from './live.ts'

/** The copy does not stay behind when the user has had enough. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

interface Flags {
  keep?: string
  interactive?: boolean
  tty?: boolean
}

/** Runs something in a copy of a container, and shows what it did there. */
export function addTry(program: Command): void {
  program
    .command('try <container> <command...>')
    .description('run a command in a live copy of a container, show what changed, and throw the copy away')
    .passThroughOptions()
    .option('--keep <name>', 'keep the copy, under this name')
    .option('-i, --interactive', 'pass standard input on')
    .option('-t, --tty', 'give it a terminal')
    .action(tryOut)
}

async function tryOut(container: string, command: string[], flags: Flags): Promise<void> {
  const client = await engine()
  const { containers } = (await client.call<ForkResponse>('POST', livePath(container, 'fork'), {
    body: { name: flags.keep, labels: { 'ramet.try': container } },
  }))!
  const { Id } = containers[0]!
  const leave = async (): Promise<void> => {
    if (flags.keep === undefined) await client.call('DELETE', `/containers/${Id}`, { query: { force: true } })
  }
  const interrupted = (signal: NodeJS.Signals): void =>
    void leave().finally(() => process.exit(128 + constants.signals[signal]))
  for (const signal of SIGNALS) process.once(signal, interrupted)
  try {
    const since = Date.now()
    const before = await look(client, Id, since)
    await exec(Id, command, { ...flags, env: [], envFile: [] })
    report(before, await look(client, Id, since))
  } finally {
    for (const signal of SIGNALS) process.removeListener(signal, interrupted)
    await leave()
  }
}

/** Times of the guest are the host's. */
function look(client: EngineClient, id: string, sinceMs: number): Promise<Activity> {
  return client.get<Activity>(livePath(id, 'activity'), { since: (sinceMs / 1000).toFixed(3) })
}

/** On the error stream: the command's own output may be read by another. */
function report(before: Activity, after: Activity): void {
  const lines: string[] = []
  const gone = new Set(before.files.filter(({ kind }) => kind === 'D').map(({ path }) => path))
  for (const { kind, path } of after.files) if (kind !== 'D' || !gone.has(path)) lines.push(`${kind} ${path}`)
  const ran = new Map(before.processes.map(({ pid, command }) => [pid, command]))
  const runs = new Map(after.processes.map(({ pid, command }) => [pid, command]))
  for (const [pid, command] of runs) if (!ran.has(pid)) lines.push(`+ process ${pid} ${command}`)
  for (const [pid, command] of ran) if (!runs.has(pid)) lines.push(`- process ${pid} ${command}`)
  for (const port of after.ports) if (!before.ports.includes(port)) lines.push(`+ port ${port}`)
  for (const port of before.ports) if (!after.ports.includes(port)) lines.push(`- port ${port}`)
  process.stderr.write(
    lines.length > 0 ? `changed:\n${lines.map((line) => `  ${line}\n`).join('')}` : 'nothing changed\n',
  )
}
