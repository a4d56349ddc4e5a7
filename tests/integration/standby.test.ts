import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { beforeAll, expect, test } from 'vitest'
import type { ForkResponse, MemoryReport, StandbyReport, StartReport } from '../../contract/ramet.ts'
import { STANDBY_FAILPOINTS } from '../../engine/services/failpoint.ts'
import { census } from '../support/census.ts'
import type { TestEngine } from '../support/engine.ts'
import { until, useEngine } from '../support/fixture.ts'
import { AS_USER } from '../support/tags.ts'

/** Clones that wait for a start: what they become, and that none is ever left. */

let engine: TestEngine
let image: string
useEngine((fixture) => ({ engine, image } = fixture))

const json = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
  const answer = await engine.call(method, path, body)
  if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.body}`)
  return (answer.body ? JSON.parse(answer.body) : undefined) as T
}

const report = () => json<StandbyReport>('GET', '/ramet/v1/standby')

const set = (changes: object) => json<StandbyReport>('POST', '/ramet/v1/standby', changes)

const waiting = (count: number) =>
  until(`${count} clones wait`, async () => (await report()).waiting.length === count)

/** What the last start of the container of that name came from. */
async function startOf(name: string): Promise<StartReport> {
  const starts = await json<StartReport[]>('GET', '/ramet/v1/starts')
  return starts.find(({ container }) => container.name === name)!
}

async function ramet(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await engine.ramet(args)
  if (code !== 0) throw new Error(`ramet ${args.join(' ')}: ${code} ${stderr}`)
  return stdout
}

/** No VM, domain, file or socket of a clone that waited. */
async function nothingWaits(running: number): Promise<void> {
  let found: unknown
  await until('no waiting clone is left', async () => {
    const { processes, sockets, leftovers } = await census(engine)
    found = { processes, sockets, leftovers }
    return isDeepStrictEqual(found, { processes: running, sockets: running, leftovers: [] })
  }).catch((error: Error) => {
    throw new Error(`${error.message}: ${JSON.stringify(found)}`)
  })
}

beforeAll(async () => {
  // Makes the template; this start finds none waiting.
  await set({ count: 2 })
  await ramet('run', '--name', 'first', image, 'true')
  expect(await startOf('first')).toMatchObject({ from: 'clone', missed: 'none was waiting' })
  await waiting(2)
})

test('a start takes one that waits, and it is as unlike its siblings as any clone', AS_USER, async () => {
  const script = 'head -c 16 /dev/urandom | od -An -tx1; cat /etc/machine-id; hostname; date +%Y; id -u; ls /'
  const seen: string[][] = []
  for (const name of ['one', 'other']) {
    await waiting(2)
    seen.push((await ramet('run', '--name', name, image, 'sh', '-c', script)).split('\n'))
    expect(await startOf(name)).toMatchObject({ from: 'standby' })
  }
  for (const at of [0, 1, 2]) expect(seen[0]![at]).not.toBe(seen[1]![at])
  expect(seen[0]!.slice(3)).toEqual(seen[1]!.slice(3))
  expect(seen[0]![3]).toBe(String(new Date().getFullYear()))
  // What a clone has rehearsed has left nothing.
  expect((await json<unknown[] | null>('GET', '/containers/one/changes')) ?? []).toEqual([])
  const { hits, misses } = await report()
  expect({ hits, misses }).toEqual({ hits: 2, misses: 1 })
  expect(await ramet('standby')).toMatch(/2 +256 MiB/)
})

test('they are no containers, and count as memory', async () => {
  await waiting(2)
  expect(await ramet('ps', '-q')).toBe('')
  const { containers, standby, totals } = await json<MemoryReport>('GET', '/ramet/v1/memory')
  expect(containers).toEqual([])
  expect(standby.clones).toBe(2)
  expect(standby.ownBytes).toBeGreaterThan(2 ** 20)
  expect(totals.actualBytes).toBeGreaterThan(standby.ownBytes)
  expect(totals.savedBytes).toBeLessThanOrEqual(0)
  expect(await ramet('templates')).toMatch(/ 2\n/)
})

test('it gets the container’s disk, ports, networks, limits and output', AS_USER, async () => {
  await waiting(2)
  await ramet('network', 'create', 'standby-net')
  const flags = ['--network', 'standby-net', '-p', '8080', '--pids-limit', '77', '--tmpfs', '/scratch']
  const script =
    'echo run >> /kept; cat /kept; mkdir -p /www; echo page > /www/index.html; exec httpd -f -p 8080 -h /www'
  await ramet('run', '-d', '--name', 'web', ...flags, image, 'sh', '-c', script)
  expect(await startOf('web')).toMatchObject({ from: 'standby' })
  const { NetworkSettings } = await engine.inspect('web')
  const port = NetworkSettings.Ports['8080/tcp']![0]!.HostPort
  const page = async (): Promise<string> => (await fetch(`http://127.0.0.1:${port}/`)).text()
  await until('it answers over its port', async () => (await page().catch(() => undefined)) === 'page\n')
  expect(await ramet('exec', 'web', 'cat', '/sys/fs/cgroup/pids.max')).toBe('77\n')
  expect(await ramet('exec', 'web', 'ip', '-o', '-4', 'addr')).toMatch(/eth0/)
  // Its next run finds the disk as it was left, in another VM.
  await ramet('restart', '-t', '0', 'web')
  await until('it has started again', async () => (await ramet('logs', 'web')).endsWith('run\nrun\nrun\n'))
  // A freeze finds the disk that it was given.
  await ramet('rm', '-f', 'web')
  await waiting(2)
  await ramet('run', '-d', '--name', 'parent', image, 'sh', '-c', 'echo mine > /file; exec sleep 1000')
  expect(await startOf('parent')).toMatchObject({ from: 'standby' })
  await until('it has written', async () => (await engine.ramet(['exec', 'parent', 'cat', '/file'])).stdout === 'mine\n') // prettier-ignore
  const { containers } = await json<ForkResponse>('POST', '/ramet/v1/containers/parent/fork', {
    name: 'child',
  })
  expect(await ramet('exec', containers[0]!.Name, 'cat', '/file')).toBe('mine\n')
  await ramet('rm', '-f', 'child', 'parent')
  await ramet('network', 'rm', 'standby-net')
})

test('what is fixed when a VM starts makes a miss that says so', async () => {
  await ramet('run', '--name', 'bound', '-v', '/usr/share:/data:ro', image, 'ls', '/data')
  expect(await startOf('bound')).toMatchObject({ from: 'clone', missed: 'it has folders mounted' })
  await ramet('run', '--name', 'cold', '--isolation', 'cold', image, 'true')
  expect((await startOf('cold')).missed).toBeUndefined()
})

test('they go where memory is short, and where the budget is', async () => {
  await waiting(2)
  expect(await set({ reserveBytes: 2 ** 50 })).toMatchObject({ waiting: [], short: true })
  await nothingWaits(0)
  expect(await set({ reserveBytes: 0, memoryBytes: 2 ** 20 })).toMatchObject({ waiting: [], short: false })
  await set({ memoryBytes: 2 ** 28 })
  await waiting(2)
})

test('an engine that is killed leaves none, and what became a container runs on', AS_USER, async () => {
  await waiting(2)
  await ramet('run', '-d', '--name', 'stays', image, 'sh', '-c', 'echo hello; exec sleep 1000')
  await engine.down('SIGKILL')
  await engine.up()
  await nothingWaits(1)
  expect(await ramet('exec', 'stays', 'echo', 'well')).toBe('well\n')
  expect(await ramet('logs', 'stays')).toBe('hello\n')
  await ramet('stop', '-t', '0', 'stays')
  await nothingWaits(0)
  expect(await readdir(join(engine.home, 'data/standby'))).toEqual([])
  expect(await ramet('start', 'stays')).toBe('stays\n')
  await ramet('rm', '-f', 'stays')
})

test.each(STANDBY_FAILPOINTS)('killed at %s, while one becomes a container', async (failpoint) => {
  await engine.down('SIGKILL')
  engine.env['RAMET_FAILPOINT'] = failpoint
  await engine.up()
  delete engine.env['RAMET_FAILPOINT']
  await set({ count: 1 })
  await ramet('run', '--rm', image, 'true')
  await waiting(1)
  await json('POST', '/containers/create?name=crash', { Image: image, Cmd: ['sleep', '1000'] })
  await engine.call('POST', '/containers/crash/start').catch(() => undefined)
  expect(await engine.get('/_ping').catch(() => undefined)).toBeUndefined()
  // It falls silent a little before it has ended, and with it its hold on libvirt.
  await engine.down()
  await engine.up()
  expect(await ramet('ps', '-q')).toBe('')
  await nothingWaits(0)
  await ramet('start', 'crash')
  expect(await ramet('exec', 'crash', 'echo', 'well')).toBe('well\n')
  await ramet('rm', '-f', 'crash')
  const { domains, records } = await census(engine)
  expect(domains).toBe(records)
})
