import type { Command } from 'commander'
import type { ContainerCreateRequest, ContainerCreateResponse } from '../../contract/docker.ts'
import { EngineError } from '../../contract/errors.ts'
import { withTag } from '../../contract/names.ts'
import type { EngineClient } from '../api/client.ts'
import { createRequest } from '../parse/create-request.ts'
import { addRunFlags, type RunFlags } from '../parse/run-flags.ts'
import { runAttached } from './attached.ts'
import { interruption, onInterrupt } from '../interrupt.ts'
import { engine, print } from './common.ts'
import { pullImage } from './images.ts'

export function addRun(program: Command): void {
  addRunFlags(program.command('run <image> [command...]'))
    .description('run a command in a new container')
    .option('-d, --detach', 'run in the background and print the id')
    .option('--detach-keys <keys>', 'keys that detach, by default ctrl-p,ctrl-q')
    .action(run)
  addRunFlags(program.command('create <image> [command...]'))
    .description('make a container without starting it')
    .action(async (image: string, command: string[], flags: RunFlags) => {
      const request = createRequest(flags, image, command, process.env)
      print(`${await createContainer(await engine(), request, flags)}\n`)
    })
}

async function run(image: string, command: string[], flags: RunFlags): Promise<void> {
  const request = createRequest(flags, image, command, process.env)
  if (!flags.detach && flags.interactive && flags.tty && !process.stdin.isTTY) {
    throw new EngineError('INVALID_ARGUMENT', 'standard input is not a terminal; leave out -t, or -i')
  }
  if (!flags.detach && flags.tty && process.stdout.isTTY) {
    // With its start, not after it: what was typed ahead is read once the size is right.
    const { rows, columns } = process.stdout
    request.HostConfig = { ...request.HostConfig, ConsoleSize: [rows, columns] }
  }
  const client = await engine()
  const making = createContainer(client, request, flags)
  // Told to end before it runs, a run leaves nothing behind: neither what was made meanwhile, nor what was started.
  const forget = onInterrupt(async () => {
    const made = await making.catch(() => undefined)
    const query = { force: true, v: true }
    if (made) await client.call('DELETE', `/containers/${made}`, { query })
  })
  const id = await making
  interruption.throwIfAborted()
  const start = async (): Promise<void> => {
    await client.call('POST', `/containers/${id}/start`)
    forget()
  }
  try {
    if (flags.detach) {
      await start()
      print(`${id}\n`)
      return
    }
    process.exitCode = await runAttached(client, id, {
      tty: flags.tty ?? false,
      stdin: flags.interactive ?? false,
      detachKeys: flags.detachKeys,
      condition: flags.rm ? 'removed' : 'next-exit',
      start,
    })
  } catch (error) {
    if (flags.rm) await removeUnstarted(client, id)
    throw error
  }
}

/** A container that never ran does not end, so that the engine would keep it. One that runs stays. */
async function removeUnstarted(client: EngineClient, id: string): Promise<void> {
  await client.call('DELETE', `/containers/${id}`).catch(() => {
    // It runs, is gone already, or the engine is: the first error tells more.
  })
}

/** Makes the container, pulling its image where that is to be done; progress goes to stderr. Answers the id. */
async function createContainer(
  client: EngineClient,
  request: ContainerCreateRequest,
  { name, pull }: RunFlags,
): Promise<string> {
  const create = async (): Promise<string> => {
    const query = { name }
    const made = await client.call<ContainerCreateResponse>('POST', '/containers/create', {
      query,
      body: request,
    })
    for (const warning of made!.Warnings) process.stderr.write(`ramet: ${warning}\n`)
    return made!.Id
  }
  const image = request.Image!
  if (pull === 'always') await pullImage(client, image, process.stderr)
  try {
    return await create()
  } catch (error) {
    if (!(error instanceof EngineError && error.code === 'IMAGE_NOT_FOUND') || pull !== 'missing') throw error
    process.stderr.write(`Unable to find image '${withTag(image)}' locally\n`)
    await pullImage(client, image, process.stderr)
    return create()
  }
}
