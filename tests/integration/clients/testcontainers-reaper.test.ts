import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type { ContainerSummary } from '../../../contract/docker.ts'
import type { Network } from '../../../contract/docker-networks.ts'
import type { TestEngine } from '../../support/engine.ts'
import { dockerEnvironment, until, useEngine } from '../../support/fixture.ts'
import { debianImage } from '../../support/images.ts'

/**
 * testcontainers' way to clean up after suites that do not: a container that binds the API's socket, and removes by
 * label once the suite's connection has closed. Ryuk itself has to be pulled; an image of ours does the same.
 */
const reaper = join(import.meta.dirname, '../../support/reaper')

let engine: TestEngine
let image: string
useEngine((fixture) => ({ engine, image } = fixture))

async function containers(): Promise<ContainerSummary[]> {
  return JSON.parse((await engine.get('/containers/json?all=1')).body) as ContainerSummary[]
}

beforeAll(async () => {
  const { archive } = await debianImage({
    name: 'reaper:1',
    packages: ['python3'],
    files: [{ path: 'reaper.py', data: await readFile(join(reaper, 'reaper.py')) }],
    // By its label, which Ryuk's image has, further suites find it.
    config: { Cmd: ['python3', '/reaper.py'], Labels: { 'org.testcontainers.ryuk': 'true' } },
  })
  expect(await engine.ramet(['load', '-i', archive])).toMatchObject({ code: 0 })
}, 600_000)

describe('a suite that removes nothing', () => {
  test.each(['SIGTERM', 'SIGKILL'] as const)('all of it goes once it has ended by %s', async (signal) => {
    const suite = spawn(process.execPath, [join(reaper, 'suite.ts'), image], {
      env: {
        ...dockerEnvironment(engine),
        RYUK_CONTAINER_IMAGE: 'reaper:1',
        TESTCONTAINERS_RYUK_RECONNECTION_TIMEOUT: '1s',
        TESTCONTAINERS_HOST_OVERRIDE: 'localhost',
      },
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    let shown = ''
    for (const stream of [suite.stdout, suite.stderr]) {
      stream.on('data', (data: Buffer) => (shown += data.toString()))
    }
    await until('the suite is up', async () => shown.includes('SUITE IS UP'), 240_000).catch(
      (error: Error) => {
        throw new Error(`${error.message}: ${shown}`)
      },
    )
    const labels = (await containers()).map(({ Labels }) => Labels['org.testcontainers.ryuk'])
    expect(labels.sort()).toEqual(['true', undefined, undefined])

    suite.kill(signal)
    await once(suite, 'close')
    // The reaper removes itself as well: it is started with AutoRemove.
    await until('nothing is left', async () => (await containers()).length === 0, 120_000)
    const networks = JSON.parse((await engine.get('/networks')).body) as Network[]
    expect(networks.map(({ Name }) => Name).sort()).toEqual(['bridge', 'host', 'none'])
  })
})
