import type { Command } from 'commander'
import type { ContainerSummary } from '../../contract/docker.ts'
import { EngineError } from '../../contract/errors.ts'
import { shortId } from '../../contract/names.ts'
import { ellipsis, json, table } from '../format/table.ts'
import { ago } from '../format/time.ts'
import { many } from '../parse/many.ts'
import { engine, filters, print } from './common.ts'

const COMMAND_WIDTH = 20

interface Flags {
  all?: boolean
  quiet?: boolean
  last?: string
  latest?: boolean
  trunc: boolean
  filter: string[]
  json?: boolean
}

export function addPs(program: Command): void {
  program
    .command('ps')
    .description('list containers')
    .option('-a, --all', 'those too that do not run')
    .option('-q, --quiet', 'print ids only')
    .option('-n, --last <number>', 'the last ones made, in any state')
    .option('-l, --latest', 'the last one made, in any state')
    .option('--no-trunc', 'print everything whole')
    .addOption(many('-f, --filter <NAME=VALUE>', 'for example status=exited, name=web, label=tier'))
    .option('--json', 'print JSON')
    .action(ps)
}

async function ps(flags: Flags): Promise<void> {
  const limit = flags.latest ? 1 : flags.last === undefined ? undefined : Number(flags.last)
  if (limit !== undefined && !(Number.isInteger(limit) && limit > 0)) {
    throw new EngineError(
      'INVALID_ARGUMENT',
      `'--last ${flags.last}' cannot be used: write a number from 1 on`,
    )
  }
  const query = { all: flags.all, limit, filters: filters(flags.filter) }
  const containers = await (await engine()).get<ContainerSummary[]>('/containers/json', query)
  if (flags.json) return print(json(containers))
  if (flags.quiet) {
    return print(containers.map(({ Id }) => `${flags.trunc ? shortId(Id) : Id}\n`).join(''))
  }
  const headings = ['CONTAINER ID', 'IMAGE', 'COMMAND', 'CREATED', 'STATUS', 'PORTS', 'NAMES']
  print(table(headings, containers.map((container) => row(container, flags.trunc)))) // prettier-ignore
}

function row(container: ContainerSummary, truncate: boolean): string[] {
  const { Id, Image, Command, Created, Status, Names } = container
  return [
    truncate ? shortId(Id) : Id,
    truncate && Image.startsWith('sha256:') ? shortId(Image) : Image,
    JSON.stringify(truncate ? ellipsis(Command, COMMAND_WIDTH) : Command),
    ago(Created),
    Status,
    ports(container.Ports),
    Names.map((name) => name.replace(/^\//, '')).join(','),
  ]
}

/** As Docker writes them: `127.0.0.1:8080->80/tcp, 443/tcp`; neighbours with the same distance become a range. */
export function ports(list: ContainerSummary['Ports']): string {
  const sorted = [...list].sort(
    (a, b) =>
      a.Type.localeCompare(b.Type) || (a.IP ?? '').localeCompare(b.IP ?? '') || a.PrivatePort - b.PrivatePort,
  )
  const runs: { first: ContainerSummary['Ports'][0]; length: number }[] = []
  for (const port of sorted) {
    const run = runs.at(-1)
    if (run && follows(run.first, port, run.length)) run.length++
    else runs.push({ first: port, length: 1 })
  }
  return runs.map(({ first, length }) => written(first, length)).join(', ')
}

function follows(
  first: ContainerSummary['Ports'][0],
  port: ContainerSummary['Ports'][0],
  by: number,
): boolean {
  const published = first.PublicPort === undefined ? undefined : first.PublicPort + by
  return (
    port.Type === first.Type &&
    port.IP === first.IP &&
    port.PrivatePort === first.PrivatePort + by &&
    port.PublicPort === published
  )
}

function written(
  { IP, PrivatePort, PublicPort, Type }: ContainerSummary['Ports'][0],
  length: number,
): string {
  const range = (port: number): string => (length > 1 ? `${port}-${port + length - 1}` : String(port))
  const inner = `${range(PrivatePort)}/${Type}`
  if (PublicPort === undefined) return inner
  const address = IP?.includes(':') ? `[${IP}]` : (IP ?? '')
  return `${address}:${range(PublicPort)}->${inner}`
}
