import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { beforeAll, describe, expect, test } from 'vitest'
import type { ContainerSummary } from '../../contract/docker.ts'
import { FAILPOINTS, type Failpoint } from '../../engine/services/failpoint.ts'
import { census, disagreement } from '../support/census.ts'
import type { TestEngine } from '../support/engine.ts'
import { until, useEngine } from '../support/fixture.ts'
import { Random } from '../support/fuzz/random.ts'

/**
 * The engine is killed, at every place where a step is half done and at any moment: the next one finds all containers,
 * each once and as it is, and nothing that belongs to none.
 */
const SEED = Number(process.env['RAMET_KILL_SEED'] ?? Date.now() % 1_000_000)
const ROUNDS = Number(process.env['RAMET_KILL_ROUNDS'] ?? 6)

let engine: TestEngine
let image: string
useEngine((fixture) => ({ engine, image } = fixture))

beforeAll(async () => {
  // Makes the template.
  expect(await engine.ramet(['run', '--rm', image, 'true'])).toEqual({ code: 0, stdout: '', stderr: '' })
})

/** A request that may find no engine, or lose it: that is what it is for. */
const ask = (method: string, path: string, body?: unknown) =>
  engine.call(method, path, body).catch(() => ({ status: 0, body: '' }))

const create = (name: string, command: string[], host: object = {}) =>
  ask('POST', `/containers/create?name=${name}`, { Image: image, Cmd: command, HostConfig: host })

async function containers(): Promise<ContainerSummary[]> {
  return JSON.parse((await engine.get('/containers/json?all=1')).body) as ContainerSummary[]
}

async function agree(): Promise<void> {
  let last: unknown
  await until('all that belongs together is there equally often', async () => {
    last = await disagreement(engine)
    return last === undefined
  }).catch((error: Error) => {
    throw new Error(`${error.message}: ${JSON.stringify(last)}; engine: ${engine.log().slice(-2000)}`)
  })
}

/** Nothing is left once all are removed. */
async function cleared(): Promise<void> {
  for (const { Id } of await containers()) await ask('DELETE', `/containers/${Id}?force=1`)
  await agree()
  expect(await census(engine)).toMatchObject({ records: 0, domains: 0, disks: 0, processes: 0 })
}

/** The next engine; with a name, it dies there. */
async function next(failpoint?: Failpoint): Promise<void> {
  await engine.down('SIGKILL')
  if (failpoint) engine.env['RAMET_FAILPOINT'] = failpoint
  else delete engine.env['RAMET_FAILPOINT']
  await engine.up()
}

describe('killed at a failpoint', () => {
  test.each(FAILPOINTS)('%s', async (failpoint) => {
    await next(failpoint)
    await create('crash', ['sh', '-c', 'echo printed; exec sleep 1000'])
    if (!failpoint.startsWith('create')) {
      const start = await ask('POST', '/containers/crash/start')
      if (!failpoint.startsWith('start')) expect(start.status).toBe(204)
      const exec = await ask('POST', '/containers/crash/exec', { Cmd: ['sleep', '1000'], AttachStdout: true })
      if (failpoint === 'exec.started') {
        await ask('POST', `/exec/${(JSON.parse(exec.body) as { Id: string }).Id}/start`, { Detach: true })
      }
      if (failpoint === 'logs.opened') await ask('GET', '/containers/crash/logs?stdout=1&follow=1')
      if (failpoint.startsWith('remove')) await ask('DELETE', '/containers/crash?force=1')
    }
    expect((await ask('GET', '/_ping')).status).toBe(0)

    await next()
    await agree()
    const [found] = await containers()
    const gone = ['create.files', 'remove.undefined', 'remove.cleared']
    if (gone.includes(failpoint)) expect(found).toBeUndefined()
    else if (/^(create|remove)/.test(failpoint)) expect(found!.State).toMatch(/created|exited/)
    else if (/^(start.saved|exec|logs)/.test(failpoint)) expect(found!.State).toBe('running')
    if (found) {
      // Whatever became of it, it is as good as any other.
      if (found.State !== 'running') {
        expect(await ask('POST', '/containers/crash/start')).toMatchObject({ status: 204 })
      }
      expect(await engine.ramet(['exec', 'crash', 'echo', 'well'])).toMatchObject({
        code: 0,
        stdout: 'well\n',
      })
      expect((await engine.ramet(['logs', 'crash'])).stdout).toMatch(/^(printed\n)+$/)
    } else {
      expect(await create('crash', ['true'])).toMatchObject({ status: 201 })
    }
    await cleared()
  })
})

test('killed in a second start, between two disks', async () => {
  await next()
  await create('again', ['sleep', '1000'])
  for (const what of ['start', 'stop?t=0'])
    expect((await ask('POST', `/containers/again/${what}`)).status).toBe(204)
  await next('start.joined')
  expect((await ask('POST', '/containers/again/start')).status).toBe(0)
  const disks = join(
    engine.home,
    'data/containers',
    (await readdir(join(engine.home, 'data/containers')))[0]!,
  )
  expect(await readdir(disks)).toContain('first.qcow2')
  await next()
  expect((await readdir(disks)).filter((name) => name.endsWith('.qcow2'))).toEqual(['disk.qcow2'])
  expect((await ask('POST', '/containers/again/start')).status).toBe(204)
  await cleared()
})

test(`killed at any moment of much work (seed ${SEED})`, async () => {
  const random = new Random(SEED)
  await next()
  /** What was acknowledged, by name: it must be there. */
  const kept = new Set<string>()
  for (let round = 0; round < ROUNDS; round++) {
    const work = Array.from({ length: 3 }, async (_, at) => {
      const name = `r${round}-${at}`
      const auto = at === 2
      const made = await create(name, auto ? ['true'] : ['sleep', '1000'], { AutoRemove: auto })
      if (made.status === 201 && !auto) kept.add(name)
      await ask('POST', `/containers/${name}/start`)
      await ask('GET', `/containers/${name}/logs?stdout=1`)
      const [old] = kept
      if (at !== 1 || !old || old === name) return
      kept.delete(old)
      // Not acknowledged: it may be there or not.
      await ask('DELETE', `/containers/${old}?force=1`)
    })
    await delay(random.below(4000))
    await engine.down('SIGKILL')
    await Promise.all(work)
    await engine.up()
    await agree()
    const names = (await containers()).map(({ Names }) => Names[0]!.slice(1))
    expect(names).toEqual(expect.arrayContaining([...kept]))
  }
  await cleared()
})
