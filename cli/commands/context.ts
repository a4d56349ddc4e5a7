import { lstat, mkdir, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline/promises'
import type { Command } from 'commander'
import { EngineError } from '../../contract/errors.ts'
import { DockerContexts, NAME } from '../docker-contexts.ts'
import { userPaths } from '../engine-process.ts'
import { print } from './common.ts'

interface InstallFlags {
  use?: boolean
  yes?: boolean
  link?: boolean
}

export function addContext(program: Command): void {
  const group = program
    .command('context')
    .description("lead Docker's tools to Ramet, and back")
    .helpCommand(false)
  group
    .command('install')
    .description(`add a docker context '${NAME}'; asks before it becomes the current one`)
    .option('--use', 'make it the current context')
    .option('-y, --yes', 'the same: take every question for answered with yes')
    .option('--link', 'also link $XDG_RUNTIME_DIR/docker.sock to the engine, for tools that know no contexts')
    .action(install)
  group
    .command('remove')
    .description('remove the context and the link, and go back to the context of before')
    .action(remove)
}

async function install({ use, yes, link }: InstallFlags): Promise<void> {
  const { socket, config } = userPaths()
  const contexts = new DockerContexts(process.env)
  if (link) await makeLink(socket)
  await contexts.put(socket)
  print(`the docker context '${NAME}' leads to ${socket}\n`)
  const current = await contexts.current()
  if (current === NAME) return
  if (!use && !yes && !(await agrees(`make it the current context, in place of '${current}'?`))) {
    return print(`'${current}' stays the current context; docker --context ${NAME} uses this one\n`)
  }
  await mkdir(config, { recursive: true, mode: 0o700 })
  await writeFile(previousFile(config), JSON.stringify({ previous: current }))
  await contexts.use(NAME)
  print(`'${NAME}' is the current context; before it was '${current}'\n`)
  for (const name of ['DOCKER_HOST', 'DOCKER_CONTEXT']) {
    if (process.env[name]) print(`${name} is set, which docker heeds more: unset it\n`)
  }
}

async function remove(): Promise<void> {
  const { socket, config } = userPaths()
  const contexts = new DockerContexts(process.env)
  const there = (await contexts.socket()) !== undefined
  if (there && (await contexts.current()) === NAME) {
    const previous = await readPrevious(config)
    const next = (await contexts.has(previous)) ? previous : 'default'
    await contexts.use(next)
    print(`'${next}' is the current context again\n`)
  }
  if (there) await contexts.remove()
  await rm(previousFile(config), { force: true })
  const at = linkPath()
  if (at && (await readlink(at).catch(() => undefined)) === socket) {
    await rm(at)
    print(`the link ${at} is removed\n`)
  }
  print(there ? `the docker context '${NAME}' is removed\n` : `there is no docker context '${NAME}'\n`)
}

/** Without a terminal nobody can agree. */
async function agrees(question: string): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stdout.isTTY) return false
  const asking = createInterface({ input: process.stdin, output: process.stdout })
  try {
    return /^y(es)?$/i.test((await asking.question(`${question} [y/N] `)).trim())
  } finally {
    asking.close()
  }
}

function linkPath(): string | undefined {
  const folder = process.env.XDG_RUNTIME_DIR
  return folder?.startsWith('/') ? join(folder, 'docker.sock') : undefined
}

async function makeLink(socket: string): Promise<void> {
  const at = linkPath()
  if (!at) {
    throw new EngineError('INVALID_ARGUMENT', 'cannot make the link: XDG_RUNTIME_DIR is not set')
  }
  const there = await lstat(at).catch(() => undefined)
  if (!there) await symlink(socket, at)
  else if (!there.isSymbolicLink() || (await readlink(at)) !== socket) {
    throw new EngineError(
      'CONFLICT',
      `cannot make the link: ${at} is there already and not Ramet's; stop what serves it (rootless Docker, Podman) and remove it`,
    )
  }
  print(`${at} leads to ${socket}\n`)
}

const previousFile = (config: string): string => join(config, 'docker-context.json')

async function readPrevious(config: string): Promise<string> {
  try {
    const { previous } = JSON.parse(await readFile(previousFile(config), 'utf8')) as { previous: unknown }
    return typeof previous === 'string' ? previous : 'default'
  } catch {
    return 'default'
  }
}
