import type { ForkResponse } from '../../contract/ramet.ts'
import { TestEngine } from '../support/engine.ts'
import { until } from '../support/fixture.ts'
import { debianImage } from '../support/images.ts'
import { json, machineFacts } from './facts.ts'
import { spread } from './median.ts'

const CHILDREN = 20
const GENERATIONS = 5
const TICK_MS = 10
/** Under emulation twenty programs that count share few cores. */
const PATIENCE_MS = 300_000
/** A copy tells who it is as soon as it sees that its host has another name: a program more in each would take minutes. */
const COUNT = `
import os, socket, time, uuid
host = socket.gethostname()
n = 0
while True:
  if socket.gethostname() != host:
    host = socket.gethostname()
    address = open("/sys/class/net/eth0/address").read().strip()
    print("I", os.getrandom(32).hex(), uuid.uuid4(), address, host, open("/etc/machine-id").read().strip(), flush=True)
  n += 1
  print(n, flush=True)
  time.sleep(${TICK_MS / 1000})
`
const TOLD = ['getrandom', 'uuid', 'hardwareAddress', 'hostname', 'machineId']

interface Log {
  /** What it has counted, and when, by its guest's clock. */
  ticks: { number: number; ms: number }[]
  /** Who it was when it found itself forked, in the order of `TOLD`. */
  who: string[]
}

/** A Python program that counts every 10 ms in memory: what twenty forks of it, and forks of forks, make of that. */
export async function benchLiveCounter(): Promise<object> {
  await using engine = await TestEngine.start()
  const { archive, tag } = await debianImage({ name: 'python-counter', packages: ['python3'] })
  const { code, stderr } = await engine.ramet(['load', '-q', '-i', archive], { timeoutMs: 300_000 })
  if (code !== 0) throw new Error(`load failed: ${stderr}`)
  const { Id } = await json<{ Id: string }>(engine, 'POST', '/containers/create', { Image: tag, Cmd: ['python3', '-c', COUNT] }) // prettier-ignore
  await json(engine, 'POST', `/containers/${Id}/start`)
  await until('it counts', async () => (await logOf(engine, Id)).ticks.length >= 100, PATIENCE_MS)

  const fork = (id: string, count: number): Promise<ForkResponse> =>
    json(engine, 'POST', `/ramet/v1/containers/${id}/fork`, { count })
  const begun = performance.now()
  const forked = await fork(Id, CHILDREN)
  const forkMs = performance.now() - begun
  const children = forked.containers.map((each) => each.Id)
  const logs: Log[] = []
  for (const child of children) logs.push(await ofChild(engine, child))
  const parent = await logOf(engine, Id)
  const known = new Set(parent.ticks.map(({ number }) => number))
  for (const child of children) await json(engine, 'DELETE', `/containers/${child}?force=1`)

  let last = Id
  const beganAt: number[] = []
  const pauses = [pauseOf(parent, logs[0]!, forked)]
  for (let depth = 1; depth <= GENERATIONS; depth++) {
    const response = await fork(last, 1)
    const child = response.containers[0]!.Id
    const log = await ofChild(engine, child)
    beganAt.push(log.ticks[0]!.number)
    pauses.push(pauseOf(await logOf(engine, last), log, response))
    last = child
  }
  const gaps = parent.ticks.slice(1).map(({ ms }, at) => ms - parent.ticks[at]!.ms)
  return {
    machine: await machineFacts(engine),
    children: CHILDREN,
    forkMs,
    /** Between two numbers of the parent, while its children started and counted. */
    gapMs: spread(gaps),
    longestGapMs: Math.max(...gaps),
    /** Of the fork of twenty, then of each generation's. */
    pauses,
    numbersLost: missing(parent),
    wentOn: logs.filter((log) => {
      const first = log.ticks[0]!.number
      return known.has(first) && first > 100 && missing(log) === 0
    }).length,
    unlike: Object.fromEntries(TOLD.map((name, at) => [name, new Set(logs.map(({ who }) => who[at])).size])),
    generations: GENERATIONS,
    beganAt,
    alwaysFurther: beganAt.every((first, at) => at === 0 || first > beganAt[at - 1]!),
  }
}

async function logOf(engine: TestEngine, id: string): Promise<Log> {
  const { stdout } = await engine.ramet(['logs', '-t', id])
  const lines = stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => line.split(' '))
  return {
    ticks: lines
      .filter(([, word]) => word !== 'I')
      .map(([time, number]) => ({ number: Number(number), ms: Date.parse(time!) })),
    who: lines.find(([, word]) => word === 'I')?.slice(2) ?? [],
  }
}

/** Once it has told who it is, and counted on. */
async function ofChild(engine: TestEngine, id: string): Promise<Log> {
  let log: Log = { ticks: [], who: [] }
  const told = async (): Promise<boolean> => {
    log = await logOf(engine, id)
    return log.who.length === TOLD.length && log.ticks.length >= 10
  }
  await until(`${id} tells who it is`, told, PATIENCE_MS)
  return log
}

/**
 * How long the parent did not count, at the number that its child began with. Its guest's clock stands still with the
 * VM, so that time is added; `lateMs` is what it comes to beyond the pause and its usual tick.
 */
function pauseOf(parent: Log, child: Log, { heldMs, stoppedMs }: ForkResponse): object {
  const at = parent.ticks.findIndex(({ number }) => number === child.ticks[0]!.number)
  const gapMs = parent.ticks[at]!.ms - parent.ticks[at - 1]!.ms + stoppedMs
  return { heldMs, stoppedMs, gapMs, lateMs: gapMs - heldMs - TICK_MS }
}

const missing = ({ ticks }: Log): number =>
  ticks.filter(({ number }, at) => number !== ticks[0]!.number + at).length
