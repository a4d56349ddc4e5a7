import { spawnSync } from 'node:child_process'
import type { Duplex } from 'node:stream'
import { EngineError } from '../../contract/errors.ts'
import { DetachFilter } from '../../contract/streams/detach-keys.ts'
import { copyOutput } from './multiplex.ts'

export interface SessionOptions {
  socket: Duplex
  tty: boolean
  /** Pass standard input on. */
  stdin: boolean
  detachKeys?: string
  /** Tells the engine the size of the terminal; called once at first and with every change. */
  resize(size: { rows: number; cols: number }): Promise<void>
}

/**
 * Joins this process's streams to a process in a VM, until that has ended ('ended') or the user typed the detach keys
 * ('detached'). Rejects when the connection breaks before the output is complete.
 */
export async function joinStreams(options: SessionOptions): Promise<'ended' | 'detached'> {
  const { socket, tty } = options
  const { stdin, stdout, stderr } = process
  const raw = tty && options.stdin && stdin.isTTY
  let detach: () => void = () => {}
  const detached = new Promise<'detached'>((resolve) => (detach = () => resolve('detached')))
  // A failure of the connection ends the output, which tells of it.
  socket.on('error', () => {})

  const filter = raw ? new DetachFilter(options.detachKeys) : undefined
  const onData = (data: Buffer): void => {
    const passed = filter ? filter.pass(data) : data
    if (passed.length > 0 && !socket.write(passed)) {
      stdin.pause()
      socket.once('drain', () => stdin.resume())
    }
    if (filter?.detached) detach()
  }
  const onEnd = (): void => void socket.end()
  const onResize = (): void => {
    const [cols, rows] = stdout.getWindowSize()
    options.resize({ rows, cols }).catch(() => {
      // It has just ended, or not yet begun: there is nothing to fit.
    })
  }

  if (options.stdin) {
    if (raw) rawTerminal()
    stdin.on('data', onData).once('end', onEnd)
  }
  if (tty && stdout.isTTY) {
    onResize()
    stdout.on('resize', onResize)
  }
  try {
    const output = copyOutput(socket, { stdout, stderr, tty }).then(() => 'ended' as const)
    return await Promise.race([output, detached])
  } catch (error) {
    if (error instanceof EngineError) throw error
    throw new EngineError('INTERNAL', "the connection to the engine broke; see 'ramet engine status'", {
      cause: error,
    })
  } finally {
    stdin.off('data', onData).off('end', onEnd)
    stdout.off('resize', onResize)
    if (raw) stdin.setRawMode(false)
    stdin.pause()
    socket.destroy()
  }
}

/** Restored by `setRawMode(false)`, or by Node itself when the process ends. */
function rawTerminal(): void {
  process.stdin.setRawMode(true)
  // Node leaves the terminal to turn line feeds into line ends, which the terminal in the VM has done already.
  spawnSync('stty', ['-opost'], { stdio: ['inherit', 'ignore', 'ignore'] })
}
