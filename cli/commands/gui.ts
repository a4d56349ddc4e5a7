import { spawn } from 'node:child_process'
import { access, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Command } from 'commander'
import { EngineError } from '../../contract/errors.ts'
import { openConsole } from '../console/server.ts'
import { ensureEngine, userPaths } from '../engine-process.ts'
import { ownSignals } from '../interrupt.ts'
import { print } from './common.ts'

const WINDOW = join(import.meta.dirname, '../../renderer/dist')

interface GuiFlags {
  browser?: boolean
  port: string
  open: boolean
}

export function addGui(program: Command): void {
  program
    .command('gui')
    .description('open the window')
    .option('--browser', 'in a browser: serve it on this machine alone, by a link that works once')
    .option('--port <number>', 'port of the browser console; any free one unless given', '0')
    .option('--no-open', 'only print the link')
    .action(gui)
}

async function gui({ browser, port, open }: GuiFlags): Promise<void> {
  if (!browser) {
    throw new EngineError(
      'NOT_SUPPORTED',
      "this opens the window in a browser only; run 'ramet gui --browser', or 'npm start' for the application",
    )
  }
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) {
    throw new EngineError('INVALID_ARGUMENT', `'--port ${port}' cannot be used: ports are from 1 to 65535`)
  }
  await access(join(WINDOW, 'index.html')).catch((cause: unknown) => {
    throw new EngineError('TOOL_MISSING', "the window is not built; run 'npm run build:renderer'", { cause })
  })
  const at = userPaths()
  await ensureEngine(at)
  const console = await openConsole({
    socketPath: at.socket,
    folder: WINDOW,
    port: Number(port),
    startEngine: () => ensureEngine(at),
  })
  print(`the window is open to this link, once, for 15 minutes:\n\n  ${console.link}\n\nCtrl-C closes it\n`)
  if (open) await openInBrowser(console.link, join(at.runtime, 'console.html'))
  ownSignals()
  await new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, resolve)
  })
  await console.close()
}

/** By a file that only this user may read: everybody may read the arguments of a process, and so the link. */
async function openInBrowser(link: string, file: string): Promise<void> {
  if (!process.env.DISPLAY && !process.env.WAYLAND_DISPLAY) return
  await rm(file, { force: true })
  await writeFile(file, `<meta http-equiv="refresh" content="0; url=${link}">`, { mode: 0o600 })
  const child = spawn('xdg-open', [file], { stdio: 'ignore', detached: true })
  child.once('error', () => {
    // There is no such program here; the link stands on the terminal.
  })
  child.unref()
}
