import { spawn } from 'node:child_process'
import { access, constants, mkdir, open, readFile, rm, stat } from 'node:fs/promises'
import { delimiter, join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { EngineError } from '../contract/errors.ts'
import { paths, type Paths } from '../contract/paths.ts'
import type { HostInfo } from '../contract/ramet.ts'
import { EngineClient } from './api/client.ts'

const ROOT = join(import.meta.dirname, '..')
const START_MS = 60_000
/** An engine closes its streams before it goes; containers are not waited for. */
const STOP_MS = 30_000
const POLL_MS = 50
const PING_MS = 5_000

/** The user's folders. A relative RAMET_HOME counts from the working folder, for the engine too. */
export function userPaths(env: NodeJS.ProcessEnv = process.env): Paths {
  if (env.RAMET_HOME) env.RAMET_HOME = resolve(env.RAMET_HOME)
  if (env.RAMET_CACHE) env.RAMET_CACHE = resolve(env.RAMET_CACHE)
  return paths(env, process.getuid!())
}

/** Whether an engine answers right now. */
export async function answers(client: EngineClient): Promise<boolean> {
  try {
    const pong = await client.stream('GET', '/_ping', { signal: AbortSignal.timeout(PING_MS) })
    pong.resume()
    return true
  } catch {
    return false
  }
}

/**
 * The engine's client; starts an engine where none answers, and says whether it did. Rejects when none answers within
 * 60 s, with what the engine said last.
 */
export async function ensureEngine(at = userPaths()): Promise<{ client: EngineClient; started: boolean }> {
  await refuseForeign(at.runtime)
  const client = new EngineClient(at.socket)
  if (await answers(client)) return { client, started: false }
  for (const folder of [at.state, at.runtime]) await mkdir(folder, { recursive: true, mode: 0o700 })
  const deadline = Date.now() + START_MS
  while (Date.now() < deadline) {
    const release = await takeLock(join(at.runtime, 'engine.starting'))
    if (!release) {
      // Another command is starting it.
      await delay(POLL_MS)
      if (await answers(client)) return { client, started: false }
      continue
    }
    try {
      if (await answers(client)) return { client, started: false }
      await start(client, join(at.state, 'engine.log'), deadline)
      return { client, started: true }
    } finally {
      await release()
    }
  }
  throw new EngineError('INTERNAL', `the engine did not start within ${START_MS / 1000} s; try again`)
}

/** Anybody may make folders in /tmp: another user's socket is not to be trusted with commands. */
async function refuseForeign(runtime: string): Promise<void> {
  const uid = process.getuid!()
  if (runtime !== `/tmp/ramet-${uid}`) return
  const owner = await stat(runtime).then((found) => found.uid, () => uid) // prettier-ignore
  if (owner !== uid) {
    throw new EngineError(
      'FORBIDDEN',
      `${runtime} belongs to another user; set XDG_RUNTIME_DIR or RAMET_HOME`,
    )
  }
}

async function start(client: EngineClient, logFile: string, deadline: number): Promise<void> {
  const log = await open(logFile, 'a', 0o600)
  const { size } = await log.stat()
  const command = [join(ROOT, 'build/engine')]
  // VMs outlive the engine: tini takes them up and reaps them where PID 1 does not.
  const tini = await findProgram('tini')
  const argv = tini ? [tini, '-s', '--', ...command] : command
  const child = spawn(argv[0]!, argv.slice(1), {
    cwd: '/',
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
  })
  let ended: string | undefined
  child.once('error', (error) => (ended = error.message))
  child.once('exit', (code, signal) => (ended = `it ended with ${signal ?? code}`))
  child.unref()
  try {
    while (Date.now() < deadline && ended === undefined) {
      if (await answers(client)) return
      await delay(POLL_MS)
    }
  } finally {
    await log.close()
  }
  const said = (await lastWord(logFile, size)).replace(/^ramet: /, '')
  if (ended === undefined && child.pid) process.kill(child.pid, 'SIGTERM')
  const what = ended === undefined ? `it does not answer after ${START_MS / 1000} s` : ended
  throw new EngineError('INTERNAL', `the engine did not start: ${said || what}; its log is ${logFile}`)
}

/** Asks the engine to go and waits until its socket is silent; containers run on. Answers whether one ran. */
export async function stopEngine(at = userPaths()): Promise<boolean> {
  const client = new EngineClient(at.socket)
  if (!(await answers(client))) return false
  const { pid } = await client.get<HostInfo>('/ramet/v1/host')
  process.kill(pid, 'SIGTERM')
  const deadline = Date.now() + STOP_MS
  while (Date.now() < deadline) {
    // The socket falls silent a little before the process is gone, and with it its hold on libvirt.
    if (!(await isAlive(pid)) && !(await answers(client))) return true
    await delay(POLL_MS)
  }
  throw new EngineError(
    'INTERNAL',
    `the engine (pid ${pid}) did not stop within ${STOP_MS / 1000} s; see its log`,
  )
}

/** Who makes the file holds the lock; one that a killed command left is taken over. */
async function takeLock(file: string): Promise<(() => Promise<void>) | undefined> {
  try {
    const lock = await open(file, 'wx', 0o600)
    await lock.writeFile(String(process.pid))
    await lock.close()
    return () => rm(file, { force: true })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  const holder = Number(await readFile(file, 'utf8').catch(() => ''))
  // Without a number its holder is between making and writing it, or was killed there.
  const old = await stat(file).then(({ mtimeMs }) => Date.now() - mtimeMs > 1_000, () => false) // prettier-ignore
  if (holder ? !(await isAlive(holder)) : old) await rm(file, { force: true })
  return undefined
}

/** A zombie counts as gone: where PID 1 reaps nobody it stays in the table for good. */
async function isAlive(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  return stat !== '' && !['Z', 'X'].includes(stat.slice(stat.lastIndexOf(')') + 2)[0]!)
}

async function findProgram(name: string): Promise<string | undefined> {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const file = join(folder, name)
    if (await access(file, constants.X_OK).then(() => true, () => false)) return file // prettier-ignore
  }
  return undefined
}

/** The engine's own last word since byte `from`; of a crash the error, not the end of its stack. */
async function lastWord(file: string, from: number): Promise<string> {
  const log = (await readFile(file).catch(() => Buffer.alloc(0))).subarray(from).toString()
  const lines = log.trim().split('\n')
  const told =
    lines.findLast((line) => line.startsWith('ramet: ')) ?? lines.findLast((line) => /^\w*Error\b/.test(line))
  return (told ?? lines.at(-1)!).trim()
}
