import type { Command } from 'commander'
import { shortId } from '../../contract/names.ts'
import type { TemplateSummary } from '../../contract/ramet.ts'
import { diskSize, memorySize } from '../format/bytes.ts'
import { json, table } from '../format/table.ts'
import { ago, milliseconds } from '../format/time.ts'
import { each, engine, print } from './common.ts'

export function addTemplates(program: Command): void {
  const group = program
    .command('templates')
    .description('frozen VMs that containers are forked from')
    .helpCommand(false)
  group
    .command('ls', { isDefault: true })
    .description('list templates')
    .option('-q, --quiet', 'print ids only')
    .option('--json', 'print JSON')
    .action(list)
  group
    .command('rm <templates...>')
    .description('remove templates; they are made again when needed')
    .option('-f, --force', 'even while clones run: those run on')
    .action(async (ids: string[], { force }: { force?: boolean }) => {
      const client = await engine()
      await each(ids, async (id) => {
        await client.call('DELETE', `/ramet/v1/templates/${encodeURIComponent(id)}`, { query: { force } })
        return id
      })
    })
  group
    .command('prune')
    .description('remove templates that no running container was forked from')
    .option('--json', 'print JSON')
    .action(prune)
}

async function list(flags: { quiet?: boolean; json?: boolean }): Promise<void> {
  const templates = await (await engine()).get<TemplateSummary[]>('/ramet/v1/templates')
  if (flags.json) return print(json(templates))
  if (flags.quiet) return print(templates.map(({ id }) => `${shortId(id)}\n`).join(''))
  const headings = [
    'TEMPLATE',
    'KIND',
    'IMAGE',
    'MEMORY',
    'CPUS',
    'CREATED',
    'BOOT',
    'ON DISK',
    'RESIDENT',
    'CLONES',
    'STANDBY',
  ]
  const rows = templates.map((template) => [
    shortId(template.id),
    template.kind,
    template.image,
    memorySize(template.memoryBytes),
    String(template.vcpus),
    ago(template.createdAt),
    milliseconds(template.bootMs),
    diskSize(template.allocatedBytes),
    memorySize(template.residentBytes),
    String(template.clones),
    String(template.standby),
  ])
  print(table(headings, rows))
}

async function prune(flags: { json?: boolean }): Promise<void> {
  const client = await engine()
  const pruned = (await client.call<{ removed: string[]; freedBytes: number }>(
    'POST',
    '/ramet/v1/templates/prune',
  ))!
  if (flags.json) return print(json(pruned))
  for (const id of pruned.removed) print(`${id}\n`)
  print(`Total reclaimed space: ${diskSize(pruned.freedBytes)}\n`)
}
