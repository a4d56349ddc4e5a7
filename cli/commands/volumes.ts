import type { Command } from 'commander'
import type { Volume, VolumePruneResponse } from '../../contract/docker-volumes.ts'
import type { ContainerSummary } from '../../contract/docker.ts'
import { nameOf, pathOf } from '../../contract/names.ts'
import { diskSize } from '../format/bytes.ts'
import { json, table } from '../format/table.ts'
import { pairs } from '../parse/create-request.ts'
import { many } from '../parse/many.ts'
import { each, engine, filters, print } from './common.ts'
import { exportVolume, importVolume } from './volume-archive.ts'

export function addVolumes(program: Command): void {
  const group = program.command('volume').description('what containers keep their data in').helpCommand(false)
  group
    .command('ls', { isDefault: true })
    .description('list volumes, their sizes, and who has them')
    .option('-q, --quiet', 'print names only')
    .addOption(many('--filter <NAME=VALUE>', 'name, label, driver, dangling'))
    .option('--json', 'print JSON')
    .action(list)
  group
    .command('inspect <volumes...>')
    .description('print all that is known of volumes, as JSON')
    .action(inspect)
  group
    .command('create [name]')
    .description('make a volume')
    .addOption(many('-o, --opt <NAME=VALUE>', 'type=disk for a disk of its own, size=10g for its size'))
    .addOption(many('-l, --label <NAME=VALUE>', 'set a label'))
    .action(create)
  group
    .command('rm <volumes...>')
    .description('remove volumes that no container has')
    .option('-f, --force', 'do not mind those that are not there')
    .action(async (names: string[], { force }: { force?: boolean }) => {
      const client = await engine()
      await each(names, async (name) => {
        await client.call('DELETE', `/volumes/${pathOf(name)}`, { query: { force } })
        return name
      })
    })
  group
    .command('prune')
    .description('remove volumes that no container has and nobody named')
    .option('-a, --all', 'those with a name too')
    .option('--json', 'print JSON')
    .action(prune)
  group
    .command('export <volume>')
    .description('write the files of a volume as a tar archive, with their owners')
    .option('-o, --output <file>', 'the archive; standard output without it')
    .action(exportVolume)
  group
    .command('import <volume>')
    .description('unpack a tar archive into a volume, which is made where it is not there')
    .option('-i, --input <file>', 'the archive; standard input without it')
    .action(importVolume)
}

type VolumeRow = Volume & { UsedBy: string[] }

/** With sizes, and with the names of the containers that have each. */
async function rows(words: string[] = []): Promise<VolumeRow[]> {
  const client = await engine()
  const shown = await client.get<{ Volumes: Volume[] }>('/volumes', { filters: filters(words) })
  const usage = await client.get<{ Volumes: Volume[] | null }>('/system/df', { type: 'volume' })
  const containers = await client.get<ContainerSummary[]>('/containers/json', { all: true })
  const users = (name: string): string[] =>
    containers
      .filter(({ Mounts }) => Mounts.some((mount) => mount.Type === 'volume' && mount.Name === name))
      .map(nameOf)
  const sized = new Map((usage.Volumes ?? []).map((volume) => [volume.Name, volume]))
  return shown.Volumes.map((volume) => ({
    ...volume,
    ...sized.get(volume.Name),
    UsedBy: users(volume.Name),
  }))
}

async function list(flags: { quiet?: boolean; filter: string[]; json?: boolean }): Promise<void> {
  const volumes = await rows(flags.filter)
  if (flags.json) return print(json(volumes))
  if (flags.quiet) return print(volumes.map(({ Name }) => `${Name}\n`).join(''))
  const lines = volumes.map(({ Name, Options, UsageData, UsedBy }) => [
    Name,
    Options?.['type'] === 'disk' ? `disk of ${Options['size']}` : 'folder',
    diskSize(UsageData?.Size ?? 0),
    UsedBy.join(', '),
  ])
  print(table(['VOLUME', 'KIND', 'SIZE', 'USED BY'], lines))
}

async function inspect(names: string[]): Promise<void> {
  const client = await engine()
  // One that is not there is the engine's to name.
  for (const name of names) await client.get(`/volumes/${pathOf(name)}`)
  print(json((await rows()).filter(({ Name }) => names.includes(Name))))
}

async function create(name: string | undefined, flags: { opt: string[]; label: string[] }): Promise<void> {
  const body = { Name: name, DriverOpts: pairs(flags.opt, '--opt'), Labels: pairs(flags.label) }
  const made = await (await engine()).call<Volume>('POST', '/volumes/create', { body })
  print(`${made!.Name}\n`)
}

async function prune(flags: { all?: boolean; json?: boolean }): Promise<void> {
  const query = { filters: filters(flags.all ? ['all=true'] : []) }
  const pruned = (await (await engine()).call<VolumePruneResponse>('POST', '/volumes/prune', { query }))!
  if (flags.json) return print(json(pruned))
  for (const name of pruned.VolumesDeleted) print(`${name}\n`)
  print(`Total reclaimed space: ${diskSize(pruned.SpaceReclaimed)}\n`)
}
