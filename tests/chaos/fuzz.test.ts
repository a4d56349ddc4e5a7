import { readdir } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { TestEngine } from '../support/engine.ts'
import { until } from '../support/fixture.ts'
import { send } from '../support/fuzz/client.ts'
import { Random } from '../support/fuzz/random.ts'
import { fuzzRequest, type Targets } from '../support/fuzz/requests.ts'
import { INSPECTED, liveBytes } from '../support/heap.ts'
import { busyboxImage } from '../support/images.ts'

/**
 * Requests that no client ought to send. `RAMET_FUZZ_SEED` repeats a run, `RAMET_FUZZ_REQUESTS` says how many (with eight
 * at a time the order in which they arrive is not repeated).
 */
const SEED = Number(process.env['RAMET_FUZZ_SEED'] ?? 647_949)
const REQUESTS = Number(process.env['RAMET_FUZZ_REQUESTS'] ?? 10_000)
const AT_A_TIME = 8
const MB = 1_000_000

let engine: TestEngine
let targets: Targets

beforeAll(async () => {
  engine = await TestEngine.start(INSPECTED)
  const { archive, tag } = await busyboxImage()
  expect(await engine.ramet(['load', '-i', archive])).toMatchObject({ code: 0 })
  expect(await engine.ramet(['run', '-d', '--name', 'runs', tag, 'sleep', '100000'])).toMatchObject({
    code: 0,
  })
  targets = { running: 'runs', created: 'made', exec: '', image: tag }
})

afterAll(() => engine[Symbol.asyncDispose]())

/** What the requests are aimed at; they may have removed it. */
async function aim(): Promise<void> {
  await engine.call('POST', '/containers/create?name=made', {
    Image: targets.image,
    Cmd: ['cat'],
    OpenStdin: true,
  })
  const exec = await engine.call('POST', '/containers/runs/exec', { Cmd: ['cat'], AttachStdin: true, AttachStdout: true }) // prettier-ignore
  targets.exec = (JSON.parse(exec.body) as { Id: string }).Id
}

/** Sends that many; answers what was wrong with the answers. */
async function fuzz(random: Random, count: number): Promise<string[]> {
  const wrong: string[] = []
  const left: Socket[] = []
  let begun = 0
  const worker = async (): Promise<void> => {
    while (begun < count) {
      if (begun++ % 100 === 0) await aim()
      const request = fuzzRequest(random, targets)
      const { answer, left: socket } = await send(engine.socket, request)
      if (socket) left.push(socket)
      if (left.length > 64) left.shift()!.destroy()
      const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0)
      const unnamed = status >= 500 && /"code":"INTERNAL"|^[^{]*$/.test(answer)
      if (unnamed || (status === 0 && request.answered))
        wrong.push(`${request.what}\n-> ${answer.slice(0, 500)}`)
    }
  }
  await Promise.all(Array.from({ length: AT_A_TIME }, worker))
  for (const socket of left) socket.destroy()
  return wrong
}

const descriptors = async (): Promise<number> => (await readdir(`/proc/${engine.pid}/fd`)).length

/** Nothing is there but what was before; whatever requests made is removed. */
async function cleared(): Promise<void> {
  const rows = JSON.parse((await engine.get('/containers/json?all=1')).body) as {
    Id: string
    Names: string[]
  }[]
  for (const { Id, Names } of rows) {
    if (Names[0] !== '/runs') await engine.call('DELETE', `/containers/${Id}?force=1`)
  }
  await engine.call('POST', '/volumes/prune?filters={"all":["true"]}')
}

describe(`${REQUESTS} requests that no client ought to send (seed ${SEED})`, () => {
  test('each is answered, no failure is without a name, and nothing is left of them', async () => {
    const random = new Random(SEED)
    const wrong = await fuzz(random, Math.ceil(REQUESTS / 2))
    await cleared()
    const open = await descriptors()
    const held = await liveBytes(engine.log())
    wrong.push(...(await fuzz(random, Math.floor(REQUESTS / 2))))
    await cleared()
    const grown = (await liveBytes(engine.log())) - held
    console.log(
      `held ${(held / MB).toFixed(1)} MB after the first half, ${(grown / MB).toFixed(1)} MB more after the second`,
    )
    expect(wrong).toEqual([])
    expect((await engine.get('/_ping')).body).toBe('OK')
    expect((await engine.inspect('runs')).State.Status).toBe('running')
    await until('descriptors as before', async () => (await descriptors()) <= open + 2)
    // Code that is compiled meanwhile takes about two; what each request left would be multiplied.
    expect(grown).toBeLessThan(5 * MB)
  }, 900_000)
})
