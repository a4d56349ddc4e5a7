import type { HostInfo, MemoryReport } from '../../contract/ramet.ts'
import { busyboxImage } from '../support/images.ts'
import { TestEngine } from '../support/engine.ts'
import { median } from './median.ts'

const ROUNDS = 10
const UNIQUE = 20

/**
 * Clone against cold boot, in one run on one engine, turn by turn: time from the start request to the exit of
 * /bin/true, and private guest RAM while idle. Then twenty forks tell what must be unlike in each.
 */
export async function benchFork(): Promise<object> {
  await using engine = await TestEngine.start()
  const image = await busyboxImage()
  await load(engine, image.archive)
  await timed(engine, image.tag, 'default')

  const cold: number[] = []
  const clone: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    cold.push(await timed(engine, image.tag, 'cold'))
    clone.push(await timed(engine, image.tag, 'default'))
  }
  const coldPrivate: number[] = []
  const clonePrivate: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    coldPrivate.push(await idlePrivate(engine, image.tag, 'cold'))
    clonePrivate.push(await idlePrivate(engine, image.tag, 'default'))
  }
  const host = JSON.parse((await engine.get('/ramet/v1/host')).body) as HostInfo
  return {
    accelerator: host.accelerator,
    rounds: ROUNDS,
    coldMs: median(cold),
    cloneMs: median(clone),
    timeRatio: median(clone) / median(cold),
    coldPrivateBytes: median(coldPrivate),
    clonePrivateBytes: median(clonePrivate),
    memoryRatio: median(clonePrivate) / median(coldPrivate),
    unique: await uniqueness(engine, image.tag),
    // In the order in which they were taken, for the spread.
    samples: { coldMs: cold, cloneMs: clone, coldPrivateBytes: coldPrivate, clonePrivateBytes: clonePrivate },
  }
}

async function load(engine: TestEngine, archive: string): Promise<void> {
  const { code, stderr } = await engine.ramet(['load', '-q', '-i', archive])
  if (code !== 0) throw new Error(`load failed: ${stderr}`)
}

async function json<T>(engine: TestEngine, method: string, path: string, body?: unknown): Promise<T> {
  const answer = await engine.call(method, path, body)
  if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.body}`)
  return (answer.body ? JSON.parse(answer.body) : undefined) as T
}

async function create(engine: TestEngine, image: string, isolation: string, cmd: string[]): Promise<string> {
  const body = { Image: image, Cmd: cmd, HostConfig: { Isolation: isolation } }
  return (await json<{ Id: string }>(engine, 'POST', '/containers/create', body)).Id
}

/** Milliseconds from the start request to the exit of /bin/true. */
async function timed(engine: TestEngine, image: string, isolation: string): Promise<number> {
  const id = await create(engine, image, isolation, ['/bin/true'])
  const exited = json<{ StatusCode: number }>(engine, 'POST', `/containers/${id}/wait?condition=next-exit`)
  const start = performance.now()
  await json(engine, 'POST', `/containers/${id}/start`)
  const { StatusCode } = await exited
  const milliseconds = performance.now() - start
  if (StatusCode !== 0) throw new Error(`/bin/true exited with ${StatusCode}`)
  await json(engine, 'DELETE', `/containers/${id}`)
  return milliseconds
}

/** Private guest RAM of an idle VM in bytes, 2 s after its start. */
async function idlePrivate(engine: TestEngine, image: string, isolation: string): Promise<number> {
  const id = await create(engine, image, isolation, ['sleep', '1000'])
  await json(engine, 'POST', `/containers/${id}/start`)
  await new Promise((resolve) => setTimeout(resolve, 2_000))
  const report = await json<MemoryReport>(engine, 'GET', '/ramet/v1/memory')
  const row = report.containers.find((container) => container.id === id)
  if (!row) throw new Error(`container ${id} is not in the memory report`)
  await json(engine, 'DELETE', `/containers/${id}?force=1`)
  return row.privateBytes
}

/** How many of so many forks differ in each of the things that must be theirs alone. */
async function uniqueness(engine: TestEngine, image: string): Promise<Record<string, number>> {
  const script =
    'head -c 32 /dev/urandom | od -An -v -tx1 | tr -d " \\n"; echo; cat /etc/machine-id /proc/sys/kernel/random/boot_id; hostname'
  const seen: Record<string, Set<string>> = {
    random: new Set(),
    machineId: new Set(),
    bootId: new Set(),
    hostname: new Set(),
  }
  for (let fork = 0; fork < UNIQUE; fork++) {
    const { code, stdout, stderr } = await engine.ramet(['run', '--rm', image, 'sh', '-c', script])
    const lines = stdout.trim().split('\n')
    if (code !== 0 || lines.length !== 4 || lines.some((line) => !line)) {
      throw new Error(`a fork did not tell who it is (${code}): ${stdout}${stderr}`)
    }
    Object.values(seen).forEach((values, at) => values.add(lines[at]!))
  }
  return {
    forks: UNIQUE,
    ...Object.fromEntries(Object.entries(seen).map(([name, values]) => [name, values.size])),
  }
}
