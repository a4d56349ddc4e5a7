import type { Command } from 'commander'
import type { HostInfo } from '../../contract/ramet.ts'
import { EngineClient } from '../api/client.ts'
import { answers, ensureEngine, stopEngine, userPaths } from '../engine-process.ts'
import { json } from '../format/table.ts'
import { print } from './common.ts'

export function addEngine(program: Command): void {
  const group = program.command('engine').description('start, stop and look at the engine').helpCommand(false)
  group
    .command('start')
    .description('start the engine, unless it runs')
    .action(async () => {
      const at = userPaths()
      const { started } = await ensureEngine(at)
      print(`the engine ${started ? 'serves' : 'already serves'} ${at.socket}\n`)
    })
  group
    .command('stop')
    .description('stop the engine; containers run on')
    .action(async () => {
      print((await stopEngine()) ? 'the engine has stopped; containers run on\n' : 'no engine runs\n')
    })
  group
    .command('status')
    .description('say whether the engine runs, and on what; exit code 1 where it does not')
    .option('--json', 'print JSON')
    .action(status)
  group
    .command('env')
    .description("print what points Docker's tools at the engine, for eval")
    .action(() => print(`export DOCKER_HOST=${quoted(`unix://${userPaths().socket}`)}\n`))
}

async function status({ json: asJson }: { json?: boolean }): Promise<void> {
  const { socket } = userPaths()
  const client = new EngineClient(socket)
  const running = await answers(client)
  const info = running ? await client.get<HostInfo>('/ramet/v1/host') : undefined
  if (!running) process.exitCode = 1
  if (asJson) return print(json({ running, socket, ...info }))
  if (!info) return print(`no engine runs (socket ${socket})\n`)
  print(
    [
      `engine ${info.engineVersion} runs, pid ${info.pid}`,
      `socket       ${socket}`,
      `accelerator  ${info.accelerator} (${info.acceleratorReason})`,
      `libvirt      ${info.libvirtVersion} at ${info.libvirtUri}`,
      `QEMU         ${info.qemuVersion}`,
      `guest kit    ${info.kit}`,
      `data         ${info.home}`,
      '',
    ].join('\n'),
  )
}

/** For a shell: bare where that is safe. */
function quoted(text: string): string {
  return /^[\w:/.-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
