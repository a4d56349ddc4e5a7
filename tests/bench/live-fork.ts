import type { ForkResponse, MemoryReport, TemplateSummary } from '../../contract/ramet.ts'
import { TestEngine } from '../support/engine.ts'
import { busyboxImage } from '../support/images.ts'
import { json, machineFacts } from './facts.ts'
import { median, spread } from './median.ts'

const ROUNDS = 20
const AT_ONCE = 16
const UNIQUE = 20
const COUNT = 'i=0; while :; do i=$((i+1)); echo $i; usleep 10000; done'

/**
 * Live forks of a container that counts, turn by turn with plain starts of the same image: how long the parent stands
 * still, against a paused save of such a VM (the freeze of its template, all of it written); the time to a child that
 * runs; its private memory; and sixteen at once.
 */
export async function benchLiveFork(): Promise<object> {
  await using engine = await TestEngine.start()
  const { archive, tag } = await busyboxImage()
  const { code, stderr } = await engine.ramet(['load', '-q', '-i', archive])
  if (code !== 0) throw new Error(`load failed: ${stderr}`)
  const start = async (): Promise<string> => {
    const { Id } = await json<{ Id: string }>(engine, 'POST', '/containers/create', { Image: tag, Cmd: ['sh', '-c', COUNT] }) // prettier-ignore
    await json(engine, 'POST', `/containers/${Id}/start`)
    return Id
  }
  const remove = (id: string) => json(engine, 'DELETE', `/containers/${id}?force=1`)
  const parent = await start()
  const [template] = await json<TemplateSummary[]>(engine, 'GET', '/ramet/v1/templates')

  const held: number[] = []
  const stopped: number[] = []
  const forkMs: number[] = []
  const startMs: number[] = []
  const privateBytes: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    let begun = performance.now()
    const plain = await start()
    startMs.push(performance.now() - begun)
    await remove(plain)
    begun = performance.now()
    const forked = await json<ForkResponse>(engine, 'POST', `/ramet/v1/containers/${parent}/fork`, {})
    forkMs.push(performance.now() - begun)
    held.push(forked.heldMs)
    stopped.push(forked.stoppedMs)
    const { Id } = forked.containers[0]!
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    const report = await json<MemoryReport>(engine, 'GET', '/ramet/v1/memory')
    privateBytes.push(report.containers.find(({ id }) => id === Id)!.privateBytes)
    await remove(Id)
  }
  const begun = performance.now()
  const many = await json<ForkResponse>(engine, 'POST', `/ramet/v1/containers/${parent}/fork`, {
    count: AT_ONCE,
  })
  const manyMs = performance.now() - begun
  const more = await json<ForkResponse>(engine, 'POST', `/ramet/v1/containers/${parent}/fork`, { count: UNIQUE - AT_ONCE }) // prettier-ignore
  const all = [...many.containers, ...more.containers]
  const unique = await uniqueness(engine, all.map(({ Id }) => Id)) // prettier-ignore
  await Promise.all(all.map(({ Id }) => remove(Id)))

  const numbers = (await engine.ramet(['logs', parent])).stdout.split('\n').slice(0, -1).map(Number)
  return {
    machine: await machineFacts(engine),
    heldMs: spread(held),
    stoppedMs: spread(stopped),
    pausedSaveMs: template!.freezeMs,
    heldRatio: median(held) / template!.freezeMs,
    forkMs: spread(forkMs),
    startMs: spread(startMs),
    forkToStart: median(forkMs) / median(startMs),
    privateBytes: spread(privateBytes),
    coldPrivateBytes: template!.coldPrivateBytes,
    privateRatio: median(privateBytes) / template!.coldPrivateBytes,
    atOnce: AT_ONCE,
    atOnceMs: manyMs,
    atOnceRatio: manyMs / (AT_ONCE * median(forkMs)),
    unique,
    ticksLost: numbers.filter((number, at) => number !== at + 1).length,
  }
}

/** How many of so many children differ in each of the things that must be theirs alone. */
async function uniqueness(engine: TestEngine, ids: string[]): Promise<Record<string, number>> {
  const script =
    'head -c 32 /dev/urandom | od -An -v -tx1 | tr -d " \\n"; echo; cat /proc/sys/kernel/random/uuid /etc/machine-id; hostname'
  const seen: Record<string, Set<string>> = {
    random: new Set(),
    uuid: new Set(),
    machineId: new Set(),
    hostname: new Set(),
  }
  for (const id of ids) {
    const { code, stdout, stderr } = await engine.ramet(['exec', id, 'sh', '-c', script])
    const lines = stdout.trim().split('\n')
    if (code !== 0 || lines.length !== 4) {
      throw new Error(`a child did not tell who it is (${code}): ${stdout}${stderr}`)
    }
    Object.values(seen).forEach((values, at) => values.add(lines[at]!))
  }
  return {
    children: ids.length,
    ...Object.fromEntries(Object.entries(seen).map(([name, values]) => [name, values.size])),
  }
}
