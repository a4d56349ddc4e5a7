import { readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { busyboxImage } from '../support/images.ts'
import { TestEngine } from '../support/engine.ts'
import { residentBytes } from '../support/memory.ts'

const CONTAINERS = 100
const REQUESTS = 200
const IDLE_MS = 20_000
/** After this long without work the engine has given back what the work needed (engine/rest.ts). */
const REST_MS = 15_000
/** Kernel's USER_HZ, the unit of times in /proc/PID/stat: 100 on every architecture that Ramet runs on. */
const TICK_MS = 10

/** The list of a hundred containers that were created and never started, and what the engine takes while idle. */
export async function benchApi(): Promise<object> {
  await using engine = await TestEngine.start()
  const { archive, tag } = await busyboxImage()
  const loaded = await engine.ramet(['load', '-q', '-i', archive])
  if (loaded.code !== 0) throw new Error(`load failed: ${loaded.stderr}`)
  for (let made = 0; made < CONTAINERS; made++) {
    const { status, body } = await engine.call('POST', '/containers/create', { Image: tag, Cmd: ['true'] })
    if (status !== 201) throw new Error(`create: ${status} ${body}`)
  }
  const times: number[] = []
  for (let request = 0; request < REQUESTS; request++) times.push(await timedList(engine))
  times.sort((a, b) => a - b)
  return {
    containers: CONTAINERS,
    requests: REQUESTS,
    listP50Ms: times[Math.floor(REQUESTS * 0.5)],
    listP95Ms: times[Math.floor(REQUESTS * 0.95)],
    ...(await idle(engine.pid)),
  }
}

async function timedList(engine: TestEngine): Promise<number> {
  const start = performance.now()
  const { status, body } = await engine.get('/containers/json?all=1')
  const milliseconds = performance.now() - start
  const rows = status === 200 ? (JSON.parse(body) as unknown[]).length : 0
  if (rows !== CONTAINERS) throw new Error(`the list: ${status}, ${rows} of ${CONTAINERS}`)
  return milliseconds
}

async function idle(pid: number): Promise<{ idleRssBytes: number; idleCpuPercent: number }> {
  await delay(REST_MS)
  const [before, start] = [await cpuMs(pid), performance.now()]
  await delay(IDLE_MS)
  const idleCpuPercent = ((await cpuMs(pid)) - before) / ((performance.now() - start) / 100)
  return { idleRssBytes: await residentBytes(pid), idleCpuPercent }
}

/** Processor time of all threads so far. */
async function cpuMs(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
  // The name before it may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS
}
