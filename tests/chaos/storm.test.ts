import { readdir } from 'node:fs/promises'
import { beforeAll, describe, expect, test } from 'vitest'
import { census } from '../support/census.ts'
import { command, type CliResult, type TestEngine } from '../support/engine.ts'
import { dockerEnvironment, dockerVersion, until, useEngine } from '../support/fixture.ts'

/** Many short lives of containers: none hangs, no exit code is lost, nothing is left. `RAMET_STORM` says how many. */
const RUNS = Number(process.env['RAMET_STORM'] ?? 200)
const AT_A_TIME = 8
/** Those at the same time meet all that these do, and each other. */
const IN_A_ROW = Math.ceil(RUNS / 4)

const version = await dockerVersion()
if (!version)
  console.warn("SKIPPED: no docker command here; the storms go through Ramet's own command line instead")

let engine: TestEngine
let image: string
useEngine((fixture) => ({ engine, image } = fixture))

/** `run --rm IMAGE true`, or with every tenth something that fails in a way of its own. */
async function run(n: number): Promise<void> {
  const code = n % 10 === 9 ? 1 + (n % 100) : 0
  const args = ['run', '--rm', image, ...(code ? ['sh', '-c', `exit ${code}`] : ['true'])]
  const result: CliResult = version
    ? await command('docker', args, { env: dockerEnvironment(engine) })
    : await engine.ramet(args)
  expect(result, `run ${n}`).toEqual({ code, stdout: '', stderr: '' })
}

const descriptors = async (): Promise<number> => (await readdir(`/proc/${engine.pid}/fd`)).length
const threads = async (): Promise<number> => (await readdir(`/proc/${engine.pid}/task`)).length

/** Nothing is left, wherever it is looked for. */
async function level(before: { open: number; running: number }): Promise<void> {
  await until('no container is left', async () => {
    const { records, domains, disks, logs, processes, sockets, leftovers } = await census(engine)
    return records + domains + disks + logs + processes + sockets + leftovers.length === 0
  })
  await until('descriptors as before', async () => (await descriptors()) <= before.open + 2)
  // Pools of libvirt and of the binding grow to their size; a thread for each container would be a hundred.
  expect(await threads()).toBeLessThan(before.running + 24)
}

describe(`storms of containers (${version ?? 'ramet'})`, () => {
  let before: { open: number; running: number }

  beforeAll(async () => {
    // The template, and whatever is opened once.
    for (let n = 0; n < 3; n++) await run(n)
    await Promise.all([run(0), run(1), run(2)])
    await until('no container is left', async () => (await census(engine)).processes === 0)
    before = { open: await descriptors(), running: await threads() }
  })

  test(`${IN_A_ROW} in a row`, { timeout: 1_800_000 }, async () => {
    for (let n = 0; n < IN_A_ROW; n++) await run(n)
    await level(before)
  })

  test(`${RUNS}, ${AT_A_TIME} at a time`, { timeout: 1_800_000 }, async () => {
    let begun = 0
    const worker = async (): Promise<void> => {
      while (begun < RUNS) await run(begun++)
    }
    await Promise.all(Array.from({ length: AT_A_TIME }, worker))
    await level(before)
  })
})
