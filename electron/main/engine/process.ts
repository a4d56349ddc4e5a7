import { createWriteStream } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { utilityProcess as UtilityProcess } from 'electron'

/** The engine closes its streams before it goes; containers are not waited for. */
const STOP_MS = 10_000
/** Of what it says, for the error that tells why it ended. */
const SAID_MAX = 4000

/** An engine of one's own. */
export interface OwnEngine {
  /** Why it ended, in its own last words. */
  readonly ended: Promise<string>
  /** Asks it to go, and ends it where it does not; VMs run on. */
  stop(): Promise<void>
}

/** Starts the engine in a utility process: Electron's Node, without a window's rights or the main process's fate. */
export async function startEngine(
  { utilityProcess }: { utilityProcess: typeof UtilityProcess },
  { entry, logFile, env }: { entry: string; logFile: string; env: NodeJS.ProcessEnv },
): Promise<OwnEngine> {
  await mkdir(dirname(logFile), { recursive: true, mode: 0o700 })
  const log = createWriteStream(logFile, { flags: 'a', mode: 0o600 })
  // A log that cannot be written must not end the engine.
  log.on('error', () => {})
  const child = utilityProcess.fork(entry, [], { serviceName: 'Ramet engine', stdio: 'pipe', env })
  let said = ''
  for (const output of [child.stdout, child.stderr]) {
    output?.on('data', (data: Buffer) => {
      log.write(data)
      said = (said + data.toString()).slice(-SAID_MAX)
    })
  }
  const ended = new Promise<string>((resolve) => {
    // Once all that it said is in the file, or cannot be.
    child.once('exit', (code) => {
      log.end(() => resolve(lastWord(said) || `it ended with code ${code}`))
    })
  })
  return {
    ended,
    async stop() {
      const { pid } = child
      child.kill()
      const timer = setTimeout(() => pid && process.kill(pid, 'SIGKILL'), STOP_MS)
      await ended
      clearTimeout(timer)
    },
  }
}

/** Of a crash the error, not the end of its stack. */
function lastWord(said: string): string {
  const lines = said.trim().split('\n')
  const told = lines.findLast((line) => line.startsWith('ramet: ') || /^\w*Error\b/.test(line))
  return (told ?? lines.at(-1) ?? '').replace(/^ramet: /, '').trim()
}
