import { Option, type Command } from 'commander'
import type { ContainerInspect, ContainerPruneResponse } from '../../contract/docker.ts'
import { EngineError } from '../../contract/errors.ts'
import { pathOf } from '../../contract/names.ts'
import type { EngineClient } from '../api/client.ts'
import { diskSize } from '../format/bytes.ts'
import { json } from '../format/table.ts'
import { many } from '../parse/many.ts'
import { onInterrupt } from '../interrupt.ts'
import { exitCode, runAttached } from './attached.ts'
import { complain, each, engine, filters, print } from './common.ts'

interface StopFlags {
  timeout?: string
  time?: string
  signal?: string
}

export function addContainers(program: Command): void {
  program
    .command('start <containers...>')
    .description('start containers')
    .option('-a, --attach', 'show the output, and end with the exit code')
    .option('-i, --interactive', 'pass standard input on')
    .option('--detach-keys <keys>', 'keys that detach, by default ctrl-p,ctrl-q')
    .action(start)
  program
    .command('attach <container>')
    .description('join the streams of a running container')
    .option('--no-stdin', 'do not pass standard input on')
    .option('--detach-keys <keys>', 'keys that detach, by default ctrl-p,ctrl-q')
    .action(attach)
  for (const action of ['stop', 'restart']) {
    program
      .command(`${action} <containers...>`)
      .description(`${action} containers`)
      .option('-t, --timeout <seconds>', 'seconds before they are killed')
      // What Docker called it until version 28.
      .addOption(new Option('--time <seconds>').hideHelp())
      .option('-s, --signal <signal>', 'signal to stop them with')
      .action(async (names: string[], { timeout, time, signal }: StopFlags) => {
        await change(names, 'POST', action, { t: timeout ?? time, signal })
      })
  }
  program
    .command('kill <containers...>')
    .description('send a signal, SIGKILL unless told otherwise')
    .option('-s, --signal <signal>', 'the signal')
    .action((names: string[], { signal }: StopFlags) => change(names, 'POST', 'kill', { signal }))
  for (const [action, description] of [
    ['pause', 'halt containers where they are; they keep their memory'],
    ['unpause', 'let paused containers go on'],
  ] as const) {
    program
      .command(`${action} <containers...>`)
      .description(description)
      .action((names: string[]) => change(names, 'POST', action, {}))
  }
  program
    .command('rename <container> <name>')
    .description('give a container another name')
    .action(async (container: string, name: string) => {
      const path = `/containers/${encodeURIComponent(container)}/rename`
      await (await engine()).call('POST', path, { query: { name } })
    })
  program
    .command('rm <containers...>')
    .description('remove containers')
    .option('-f, --force', 'kill those that run')
    .option('-v, --volumes', 'and their anonymous volumes')
    .action((names: string[], { force, volumes }: { force?: boolean; volumes?: boolean }) =>
      change(names, 'DELETE', undefined, { force, v: volumes }),
    )
  program
    .command('prune')
    .description('remove all containers that do not run')
    .option('-f, --force', 'accepted for compatibility: nothing is asked')
    .addOption(many('--filter <NAME=VALUE>', 'label, label!, until: for example until=24h'))
    .option('--json', 'print JSON')
    .action(prune)
  program
    .command('wait <containers...>')
    .description('wait for containers to end and print their exit codes')
    .action(async (names: string[]) => {
      const client = await engine()
      await each(names, async (name) => {
        const path = `/containers/${encodeURIComponent(name)}/wait`
        return String(await exitCode(await client.stream('POST', path)))
      })
    })
  program
    .command('inspect <names...>')
    .description('print all that is known of containers or images, as JSON')
    .option('--type <type>', 'container or image')
    .option('--json', 'accepted: the output is JSON anyway')
    .action(inspect)
}

async function prune(flags: { filter: string[]; json?: boolean }): Promise<void> {
  const client = await engine()
  const pruned = (await client.call<ContainerPruneResponse>('POST', '/containers/prune', {
    query: { filters: filters(flags.filter) },
  }))!
  if (flags.json) return print(json(pruned))
  for (const id of pruned.ContainersDeleted) print(`${id}\n`)
  print(`Total reclaimed space: ${diskSize(pruned.SpaceReclaimed)}\n`)
}

type Flags = Record<string, string | boolean | undefined>

async function change(
  names: string[],
  method: string,
  action: string | undefined,
  query: Flags,
): Promise<void> {
  const client = await engine()
  await each(names, async (name) => {
    const path = `/containers/${encodeURIComponent(name)}${action ? `/${action}` : ''}`
    await client.call(method, path, { query })
    return name
  })
}

async function start(
  names: string[],
  flags: { attach?: boolean; interactive?: boolean; detachKeys?: string },
): Promise<void> {
  if (!flags.attach && !flags.interactive) return change(names, 'POST', 'start', {})
  if (names.length > 1)
    throw new EngineError('INVALID_ARGUMENT', 'only one container can be attached to at a time')
  const client = await engine()
  const { Id, Config, HostConfig } = await find(client, names[0]!)
  const forget = onInterrupt(() => client.call('POST', `/containers/${Id}/stop`, { query: { t: 0 } }))
  process.exitCode = await runAttached(client, Id, {
    tty: Config.Tty ?? false,
    stdin: flags.interactive ?? false,
    detachKeys: flags.detachKeys,
    condition: HostConfig.AutoRemove ? 'removed' : 'next-exit',
    start: async () => {
      await client.call('POST', `/containers/${Id}/start`)
      forget()
    },
  })
}

async function attach(name: string, flags: { stdin: boolean; detachKeys?: string }): Promise<void> {
  const client = await engine()
  const { Id, Config, HostConfig, State } = await find(client, name)
  if (!State.Running) {
    throw new EngineError(
      'NOT_RUNNING',
      `container ${name} is not running; 'ramet start -ai ${name}' starts it`,
    )
  }
  process.exitCode = await runAttached(client, Id, {
    tty: Config.Tty ?? false,
    stdin: flags.stdin && (Config.OpenStdin ?? false),
    detachKeys: flags.detachKeys,
    condition: HostConfig.AutoRemove ? 'removed' : 'not-running',
  })
}

const find = (client: EngineClient, name: string): Promise<ContainerInspect> =>
  client.get<ContainerInspect>(`/containers/${encodeURIComponent(name)}/json`)

/** Like Docker: prints the list of what was found, and one line for each that was not. */
async function inspect(names: string[], { type }: { type?: string }): Promise<void> {
  if (type !== undefined && type !== 'container' && type !== 'image') {
    throw new EngineError('INVALID_ARGUMENT', `'${type}' is not a type of object; use container or image`)
  }
  const client = await engine()
  const kinds = type ? [`${type}s`] : ['containers', 'images']
  const found: unknown[] = []
  for (const name of names) {
    const object = await firstFound(client, kinds, name)
    if (object) found.push(object)
    else complain(new Error(`no such ${type ?? 'container or image'}: ${name}`))
  }
  if (found.length < names.length) process.exitCode = 1
  print(json(found))
}

async function firstFound(client: EngineClient, kinds: string[], name: string): Promise<unknown> {
  for (const kind of kinds) {
    try {
      return await client.get<object>(`/${kind}/${pathOf(name)}/json`)
    } catch (error) {
      if (!(error instanceof EngineError) || !error.code.endsWith('NOT_FOUND')) throw error
    }
  }
  return undefined
}
