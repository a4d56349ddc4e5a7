import { setTimeout as delay } from 'node:timers/promises'
import type { Command } from 'commander'
import type { ExecCreateRequest, ExecInspect } from '../../contract/docker.ts'
import { EngineError } from '../../contract/errors.ts'
import type { EngineClient } from '../api/client.ts'
import { parseDetachKeys } from '../../contract/streams/detach-keys.ts'
import { joinStreams } from '../api/hijack.ts'
import { parseEnv } from '../parse/env.ts'
import { many } from '../parse/many.ts'
import { engine } from './common.ts'

const EXIT_MS = 10_000
const EXIT_POLL_MS = 20

interface Flags {
  detach?: boolean
  detachKeys?: string
  env: string[]
  envFile: string[]
  interactive?: boolean
  tty?: boolean
  user?: string
  workdir?: string
  privileged?: boolean
}

export function addExec(program: Command): void {
  program
    .command('exec <container> <command...>')
    .description('run a command in a running container')
    .passThroughOptions()
    .option('-d, --detach', 'do not wait for it')
    .option('--detach-keys <keys>', 'keys that detach, by default ctrl-p,ctrl-q')
    .addOption(many('-e, --env <NAME=VALUE>', 'set a variable'))
    .addOption(many('--env-file <file>', 'read variables from a file'))
    .option('-i, --interactive', 'pass standard input on')
    .option('-t, --tty', 'give it a terminal')
    .option('-u, --user <user>', 'user or id, and :group')
    .option('-w, --workdir <folder>', 'working folder')
    .option('--privileged', 'give it all capabilities')
    .action(exec)
}

/** Sets the exit code to the command's. */
export async function exec(container: string, command: string[], flags: Flags): Promise<void> {
  const { detach = false, interactive = false, tty = false, detachKeys } = flags
  if (!detach && interactive && tty && !process.stdin.isTTY) {
    throw new EngineError('INVALID_ARGUMENT', 'standard input is not a terminal; leave out -t, or -i')
  }
  if (detachKeys !== undefined) parseDetachKeys(detachKeys)
  const { columns, rows } = process.stdout
  const size = tty && process.stdout.isTTY ? ([rows, columns] as [number, number]) : null
  const body: ExecCreateRequest = {
    AttachStdin: interactive && !detach,
    AttachStdout: !detach,
    AttachStderr: !detach,
    Tty: tty,
    Env: parseEnv(flags.envFile, flags.env, process.env),
    Cmd: command,
    Privileged: flags.privileged ?? false,
    User: flags.user,
    WorkingDir: flags.workdir,
    ConsoleSize: size,
  }
  const client = await engine()
  const path = `/containers/${encodeURIComponent(container)}/exec`
  const { Id } = (await client.call<{ Id: string }>('POST', path, { body }))!
  const start = { Detach: detach, Tty: tty, ConsoleSize: size }
  if (detach) {
    await client.call('POST', `/exec/${Id}/start`, { body: start })
    return
  }
  const socket = await client.hijack(`/exec/${Id}/start`, { body: start })
  const resize = async (to: { rows: number; cols: number }): Promise<void> => {
    await client.call('POST', `/exec/${Id}/resize`, { query: { h: to.rows, w: to.cols } })
  }
  const how = await joinStreams({ socket, tty, stdin: interactive, detachKeys, resize })
  if (how === 'detached') return
  process.exitCode = await exitCode(client, Id)
}

/** The output may end a little before the engine has noted why. */
async function exitCode(client: EngineClient, id: string): Promise<number> {
  const deadline = Date.now() + EXIT_MS
  while (Date.now() < deadline) {
    const { ExitCode, Running } = await client.get<ExecInspect>(`/exec/${id}/json`)
    if (!Running && ExitCode !== null) return ExitCode
    await delay(EXIT_POLL_MS)
  }
  throw new EngineError(
    'INTERNAL',
    'the output has ended, but the command has not: its exit code is not known',
  )
}
