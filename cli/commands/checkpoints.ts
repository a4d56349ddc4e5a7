import type { Command } from 'commander'
import type { Checkpoint } from '../../contract/docker.ts'
import { diskSize } from '../format/bytes.ts'
import { json, table } from '../format/table.ts'
import { ago } from '../format/time.ts'
import { each, engine, print } from './common.ts'
import { livePath } from './live.ts'

const path = (container: string): string => `/containers/${encodeURIComponent(container)}/checkpoints`

/** Instants of a container, and the way back to them. */
export function addCheckpoints(program: Command): void {
  const group = program
    .command('checkpoint')
    .description('instants of a container, memory and disk, to go back to')
    .helpCommand(false)
  group
    .command('create <container> [checkpoint]', { isDefault: true })
    .description('take one; the container goes on')
    .action(create)
  group
    .command('ls <container>')
    .description('list those of a container')
    .option('--json', 'print JSON')
    .action(list)
  group
    .command('rm <container> <checkpoints...>')
    .description('remove checkpoints')
    .action(async (container: string, names: string[]) => {
      const client = await engine()
      await each(names, async (name) => {
        await client.call('DELETE', `${path(container)}/${encodeURIComponent(name)}`)
        return name
      })
    })
  program
    .command('rewind <container> [checkpoint]')
    .description('go back to a checkpoint, by default the last one; what was since is lost')
    .action(async (container: string, checkpoint?: string) => {
      await (await engine()).call('POST', livePath(container, 'rewind'), { body: { checkpoint } })
      print(`${container}\n`)
    })
}

async function create(container: string, checkpoint?: string): Promise<void> {
  const client = await engine()
  const body = { CheckpointID: checkpoint, Exit: false }
  await client.call('POST', path(container), { body })
  const all = await client.get<Checkpoint[]>(path(container))
  print(`${checkpoint ?? all.at(-1)!.Name}\n`)
}

async function list(container: string, flags: { json?: boolean }): Promise<void> {
  const all = await (await engine()).get<Checkpoint[]>(path(container))
  if (flags.json) return print(json(all))
  const rows = all.map(({ Name, CreatedAt, SizeBytes }) => [Name, ago(CreatedAt), diskSize(SizeBytes)])
  print(table(['CHECKPOINT', 'CREATED', 'ON DISK'], rows))
}
