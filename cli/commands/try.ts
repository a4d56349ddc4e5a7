import type { Command } from 'commander'
import type { Activity, ForkResponse } from '../../contract/ramet.ts'
import type { EngineClient } from '../api/client.ts'
import { interruption, onInterrupt } from '../interrupt.ts'
import { engine } from './common.ts'
import { exec } from './exec.ts'
import { livePath } from './live.ts'

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
  const forking = client.call<ForkResponse>('POST', livePath(container, 'fork'), {
    body: { name: flags.keep, labels: { 'ramet.try': container } },
  })
  // The copy does not stay behind when the user has had enough.
  const leave = async (): Promise<void> => {
    const [copy] = (await forking)!.containers
    if (flags.keep === undefined) await client.call('DELETE', `/containers/${copy!.Id}`, { query: { force: true } }) // prettier-ignore
  }
  const forget = onInterrupt(leave)
  const { Id } = (await forking)!.containers[0]!
  try {
    const since = Date.now()
    const before = await look(client, Id, since)
    await exec(Id, command, { ...flags, env: [], envFile: [] })
    report(before, await look(client, Id, since))
  } finally {
    forget()
    if (!interruption.aborted) await leave()
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
