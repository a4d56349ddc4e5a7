import { setImmediate as turn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { release } from '../native/memory/index.ts'

/** Milliseconds between looks at whether the engine works. */
const LOOK_EVERY = 5_000
/** Of a processor's time between two looks: more is work. */
const WORK_MS = 100
/** V8 lets go of code that was not run between several collections. */
const COLLECTIONS = 4

type Collect = (options: { type: 'major'; execution: 'sync'; flavor: 'last-resort' }) => void

/**
 * Once the engine has done what there was to do, and again each time it has worked since, it gives back what only that
 * work needed: V8 keeps what it had at its busiest for as long as nothing is asked of it.
 */
export function restWhenIdle(log: (message: string) => void): void {
  let worked = true
  let before = process.cpuUsage()
  const look = async (): Promise<void> => {
    const { user, system } = process.cpuUsage(before)
    const busy = (user + system) / 1000 > WORK_MS
    if (!busy && worked) await rest()
    worked = busy
    before = process.cpuUsage()
  }
  setInterval(() => void look().catch((error: Error) => log(error.message)), LOOK_EVERY).unref()
}

async function rest(): Promise<void> {
  const collect = collector()
  // One by one: a request that comes now waits for one of them at most.
  for (let done = 0; collect && done < COLLECTIONS; done++) {
    collect({ type: 'major', execution: 'sync', flavor: 'last-resort' })
    await turn()
  }
  await release()
}

/** V8 shows its collector to contexts that are made while it is told to. */
function collector(): Collect | undefined {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('globalThis.gc') as Collect | undefined
  setFlagsFromString('--no-expose-gc')
  return collect
}
