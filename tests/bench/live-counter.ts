import type { ForkResponse } from '../../contract/ramet.ts'
import { TestEngine } from '../support/engine.ts'
import { debianImage } from '../support/images.ts'
import { json, machineFacts, spread } from './facts.ts'

const CHILDREN = 20
const GENERATIONS = 5
const COUNT = 'import time\nn = 0\nwhile True:\n  n += 1\n  print(n, flush=True)\n  time.sleep(0.01)\n'
const WHO = 'import os, socket, uuid; print(os.getrandom(32).hex(), uuid.uuid4(), uuid.uuid1().hex[20:], socket.gethostname(), open("/etc/machine-id").read().strip())' // prettier-ignore
const TOLD = ['getrandom', 'uuid', 'hardwareAddress', 'hostname', 'machineId']

/** A Python program that counts every 10 ms in memory: what twenty forks of it, and forks of forks, make of that. */
export async function benchLiveCounter(): Promise<object> {
  await using engine = await TestEngine.start()
  const { archive, tag } = await debianImage({ name: 'python-counter', packages: ['python3'] })
  const { code, stderr } = await engine.ramet(['load', '-q', '-i', archive], { timeoutMs: 300_000 })
  if (code !== 0) throw new Error(`load failed: ${stderr}`)
  const { Id } = await json<{ Id: string }>(engine, 'POST', '/containers/create', { Image: tag, Cmd: ['python3', '-c', COUNT] }) // prettier-ignore
  await json(engine, 'POST', `/containers/${Id}/start`)
  while ((await ticks(engine, Id)).length < 100) await new Promise((resolve) => setTimeout(resolve, 500))

  const fork = (id: string, count: number): Promise<ForkResponse> =>
    json(engine, 'POST', `/ramet/v1/containers/${id}/fork`, { count })
  const { containers, heldMs } = await fork(Id, CHILDREN)
  const children = containers.map((each) => each.Id)
  const seen = TOLD.map(() => new Set<string>())
  for (const child of children) {
    const { stdout, stderr } = await engine.ramet(['exec', child, 'python3', '-c', WHO])
    const told = stdout.trim().split(' ')
    if (told.length !== TOLD.length) throw new Error(`a child did not tell who it is: ${stdout}${stderr}`)
    seen.forEach((values, at) => values.add(told[at]!))
  }
  const parent = await ticks(engine, Id)
  const known = new Set(parent.map(({ number }) => number))
  const firsts = await Promise.all(children.map((child) => ticks(engine, child)))
  for (const child of children) await json(engine, 'DELETE', `/containers/${child}?force=1`)

  let last = Id
  const depths: number[] = []
  for (let depth = 1; depth <= GENERATIONS; depth++) {
    last = (await fork(last, 1)).containers[0]!.Id
    while ((await ticks(engine, last)).length < 10) await new Promise((resolve) => setTimeout(resolve, 200))
    depths.push((await ticks(engine, last))[0]!.number)
  }
  const gaps = parent.slice(1).map(({ ms }, at) => ms - parent[at]!.ms)
  return {
    machine: await machineFacts(engine),
    heldMs,
    /** Between two numbers of the parent, over the forks. */
    gapMs: spread(gaps),
    longestGapMs: Math.max(...gaps),
    numbersLost: missing(parent),
    children: CHILDREN,
    wentOn: firsts.filter(
      (each) => known.has(each[0]!.number) && each[0]!.number > 100 && missing(each) === 0,
    ).length,
    unlike: Object.fromEntries(TOLD.map((name, at) => [name, seen[at]!.size])),
    generations: GENERATIONS,
    beganAt: depths,
    alwaysFurther: depths.every((first, at) => at === 0 || first > depths[at - 1]!),
  }
}

/** What a container has counted, and when, by its guest's clock. */
async function ticks(engine: TestEngine, id: string): Promise<{ number: number; ms: number }[]> {
  const { stdout } = await engine.ramet(['logs', '-t', id])
  return stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => line.split(' '))
    .map(([time, number]) => ({ number: Number(number), ms: Date.parse(time!) }))
}

const missing = (all: { number: number }[]): number =>
  all.filter(({ number }, at) => number !== all[0]!.number + at).length
