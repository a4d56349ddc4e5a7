import { expect, test } from 'vitest'
import type { EngineSettingsView } from '../../contract/engine-settings.ts'
import { readAnonymousBytes } from '../../engine/hypervisor/process-memory.ts'
import { readHostMemory } from '../../engine/services/standby/host-memory.ts'
import { census } from '../support/census.ts'
import type { CliResult, TestEngine } from '../support/engine.ts'
import { dockerVersion, runDocker, useEngine } from '../support/fixture.ts'
import { AS_USER } from '../support/tags.ts'

/** Starts that the workstation has no memory for. Its memory is spoken for by reservations, and not filled. */

let engine: TestEngine
let image: string
useEngine((fixture) => ({ engine, image } = fixture))

const MIB = 1024 ** 2
const docker = await dockerVersion()
if (!docker) console.warn('SKIPPED: no docker command here, so that its user sees the refusal was not tried')

const run = (name: string, ...flags: string[]): Promise<CliResult> =>
  engine.ramet(['run', '-d', '--name', name, ...flags, image, 'sleep', '1000'], { timeoutMs: 300_000 })

async function answers(name: string): Promise<void> {
  expect(await engine.ramet(['exec', name, 'echo', 'here'])).toMatchObject({ code: 0, stdout: 'here\n' })
}

const refusal = (name: string): RegExp =>
  new RegExp(
    `no memory to start container ${name}: it takes about \\d+ MiB, \\d+ MiB of \\d+ MiB are available, ` +
      '\\d+ MiB of these promised to other containers, and \\d+ MiB stay free \\(setting keepFreeBytes\\); stop some containers',
  )

test(
  'a start beyond what is reserved is refused in words, hurts nobody, and succeeds once there is room',
  AS_USER,
  async () => {
    const { availableBytes } = await readHostMemory()
    // Two do not fit, whatever other programs take or give back meanwhile, within a fifth of all that is available.
    const reservation = ['--memory-reservation', `${Math.floor((availableBytes * 0.6) / MIB)}m`]
    const first = await run('first', ...reservation)
    expect(first, first.stderr).toMatchObject({ code: 0 })
    await answers('first')
    expect(await readAnonymousBytes((await engine.inspect('first')).State.Pid)).toBeLessThan(
      availableBytes / 10,
    )

    const refused = await run('second', ...reservation)
    expect(refused.code).toBe(125)
    expect(refused.stderr).toMatch(refusal('second'))
    const { State } = await engine.inspect('second')
    expect(State).toMatchObject({ Status: 'created', Running: false, Pid: 0 })
    expect(State.Error).toMatch(refusal('second'))
    if (docker) {
      const again = await runDocker(engine, ['start', 'second'])
      expect(again.code).toBe(1)
      expect(again.stderr).toMatch(refusal('second'))
    }

    expect(await run('small')).toMatchObject({ code: 0 })
    await answers('small')
    await answers('first')
    await engine.ramet(['rm', '-f', 'small'])

    expect(await engine.ramet(['stop', '-t', '0', 'first'])).toMatchObject({ code: 0 })
    expect(await engine.ramet(['start', 'second'])).toMatchObject({ code: 0 })
    await answers('second')
    // The other way round: what waited is what is in the way now.
    const other = await engine.ramet(['start', 'first'])
    expect(other.code).not.toBe(0)
    expect(other.stderr).toMatch(refusal('first'))
    await engine.ramet(['rm', '-f', 'first', 'second'])
    const { domains, processes } = await census(engine)
    expect({ domains, processes }).toEqual({ domains: 0, processes: 0 })
  },
)

test('what stays free is set while the engine runs, and a template is not booted either where there is no room', async () => {
  const keepFree = async (bytes: number): Promise<void> => {
    const { status, body } = await engine.call('PUT', '/ramet/v1/settings', { keepFreeBytes: bytes })
    expect(status, body).toBe(200)
    expect(JSON.parse(body)).toMatchObject({ settings: { keepFreeBytes: bytes }, changed: false })
  }
  const { settings } = JSON.parse((await engine.get('/ramet/v1/settings')).body) as EngineSettingsView
  const { totalBytes } = await readHostMemory()
  await keepFree(totalBytes - MIB)
  // No other VM has this size: it needs a template of its own.
  const size = ['-m', '300m']
  const refused = await run('other', ...size)
  expect(refused.code).toBe(125)
  expect(refused.stderr).toMatch(
    new RegExp(
      `no memory to boot a template of ${image}: it takes about 320 MiB, .*stay free \\(setting keepFreeBytes`,
    ),
  )
  expect((await engine.inspect('other')).State).toMatchObject({ Status: 'created', Pid: 0 })
  expect(await census(engine)).toMatchObject({ processes: 0, leftovers: [] })
  const files = async (name: string): Promise<string> =>
    (await engine.get(`/containers/${name}/archive?path=/etc/passwd`)).body
  expect(await files('other')).toMatch(/no memory to boot a template/)

  await keepFree(settings.keepFreeBytes)
  expect(await engine.ramet(['start', 'other'], { timeoutMs: 300_000 })).toMatchObject({ code: 0 })
  await answers('other')
  await keepFree(totalBytes - MIB)
  expect((await run('third', ...size)).stderr).toMatch(/no memory to start container third/)
  expect(await files('third')).toMatch(/no memory to read the files of container third/)
  await keepFree(settings.keepFreeBytes)
  await engine.ramet(['rm', '-f', 'other', 'third'])
})
