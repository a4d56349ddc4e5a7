import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { composePlugin } from '../../support/compose-plugin.ts'
import { ComposeProject, judgeChange, judgeForeground, judgeShop, judgeWarm } from '../../support/compose.ts'
import { command, type TestEngine } from '../../support/engine.ts'
import { until, useEngine } from '../../support/fixture.ts'
import { overhear } from '../../support/overhear.ts'

/** `docker compose`, the plugin: it talks to the API by Docker's library for Go, and follows the events. */
let engine: TestEngine
let shop: ComposeProject
let missing: string | undefined
useEngine((fixture) => ({ engine } = fixture))

beforeAll(async () => {
  shop = new ComposeProject(engine, ['docker', 'compose'])
  await composePlugin(shop.env['DOCKER_CONFIG']!).then(
    (version) => console.log(`docker compose ${version}`),
    (error: Error) => (missing = error.message),
  )
  if (missing)
    console.warn(
      `SKIPPED: docker compose, the plugin, cannot be had, so it did not judge the API: ${missing}`,
    )
}, 300_000)

describe('docker compose, the plugin', () => {
  test('a shop of three services, two networks and a volume: up, used, down, up again with its data', async (context) => {
    context.skip(missing !== undefined)
    await judgeShop(engine, shop)
  })

  test('what has changed is made anew; one that is gone from the file is removed', async (context) => {
    context.skip(missing !== undefined)
    await judgeChange(engine, shop)
  })

  test('up in the foreground shows the output and ends with the exit code of a service', async (context) => {
    context.skip(missing !== undefined)
    await judgeForeground(shop)
  })

  test('what was kept warm goes on where it was when it is put up again', async (context) => {
    context.skip(missing !== undefined)
    await judgeWarm(engine, shop)
  })

  test('up --wait, wait, cp, pause, kill, ps with a filter', async (context) => {
    context.skip(missing !== undefined)
    await shop.write(`services:\n  one:\n    image: busybox\n    command: sh -c 'trap "exit 4" TERM; echo here > /it; while :; do sleep 0.1; done'\n`) // prettier-ignore
    await shop.ok('up', '-d', '--wait')
    await until(
      'the file',
      async () => (await shop.run('exec', '-T', 'one', 'cat', '/it')).stdout === 'here\n',
    )
    await shop.ok('cp', 'one:/it', join(engine.home, 'it'))
    expect(await readFile(join(engine.home, 'it'), 'utf8')).toBe('here\n')
    await shop.ok('pause', 'one')
    expect((await shop.ok('ps', '--status', 'paused', '-q')).trim()).toBe((await shop.named('one')).Id)
    await shop.ok('unpause', 'one')
    expect(await shop.ok('top')).toContain('sleep 0.1')
    await using ear = await overhear(engine)
    const [file, ...args] = shop.words('wait', 'one')
    const waits = command(file, args, { env: { ...shop.env, DOCKER_HOST: ear.host } })
    // It looks for containers that run, and finds none once this one has ended.
    await until('it waits', async () => ear.heard().includes('/wait'))
    await shop.ok('kill', '-s', 'TERM', 'one')
    expect(await waits).toMatchObject({ code: 4 })
    await shop.ok('down')
    expect(await shop.containers()).toEqual([])
  })
})
