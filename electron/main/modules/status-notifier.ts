import { execFile } from 'node:child_process'
import { setTimeout as delay } from 'node:timers/promises'

const WATCHER = 'org.kde.StatusNotifierWatcher'
const BUS = 'org.freedesktop.DBus'
/** Whatever asks the session bus; one of them is on every desktop. */
const ASKERS: [string, ...string[]][] = [
  ['gdbus', 'call', '--session', '--dest', BUS, '--object-path', '/org/freedesktop/DBus', '--method', `${BUS}.NameHasOwner`, WATCHER], // prettier-ignore
  ['busctl', '--user', 'call', BUS, '/org/freedesktop/DBus', BUS, 'NameHasOwner', 's', WATCHER],
  ['dbus-send', '--session', '--print-reply', `--dest=${BUS}`, '/org/freedesktop/DBus', `${BUS}.NameHasOwner`, `string:${WATCHER}`], // prettier-ignore
]
const ASK_MS = 3000
/** At login the panel may come up after the applications. */
const PATIENCE_MS = [0, 2_000, 5_000, 15_000]

/** Serves: a desktop without tray icons is told from one with. True where the icon will be shown. */
export async function hasTray(
  env: NodeJS.ProcessEnv = process.env,
  patience: readonly number[] = PATIENCE_MS,
): Promise<boolean> {
  for (const wait of patience) {
    await delay(wait)
    if (await watcherRuns(env)) return true
  }
  return false
}

async function watcherRuns(env: NodeJS.ProcessEnv): Promise<boolean> {
  for (const [program, ...args] of ASKERS) {
    const answer = await ask(program, args, env)
    if (answer !== undefined) return /\btrue\b/.test(answer)
  }
  return false
}

/** What it printed; undefined where it is not installed, or reaches no bus. */
function ask(program: string, args: string[], env: NodeJS.ProcessEnv): Promise<string | undefined> {
  return new Promise((resolve) => {
    try {
      execFile(program, args, { env, timeout: ASK_MS }, (error, stdout) =>
        resolve(error ? undefined : stdout),
      )
    } catch {
      resolve(undefined)
    }
  })
}
