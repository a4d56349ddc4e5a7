import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { beforeAll, describe, expect, test } from 'vitest'
import { ComposeProject, judgeChange, judgeForeground, judgeShop, judgeWarm } from '../../support/compose.ts'
import { command, type TestEngine } from '../../support/engine.ts'
import { until, useEngine } from '../../support/fixture.ts'

/** Debian's docker-compose: that of Debian 12 talks to the API by Docker's library for Python. */
const version = await command('docker-compose', ['version', '--short']).then(
  ({ stdout }) => stdout.trim(),
  () => undefined,
)
if (!version) console.warn('SKIPPED: no docker-compose here, so it did not judge the API')

let engine: TestEngine
let shop: ComposeProject
useEngine((fixture) => ({ engine } = fixture))
beforeAll(() => {
  shop = new ComposeProject(engine, ['docker-compose'])
})

describe.skipIf(!version)(`docker-compose (${version})`, () => {
  test('a shop of three services, two networks and a volume: up, used, down, up again with its data', () =>
    judgeShop(engine, shop))

  test('what has changed is made anew; one that is gone from the file is removed', () =>
    judgeChange(engine, shop))

  test('up in the foreground shows the output and ends with the exit code of a service', () =>
    judgeForeground(shop))

  test('what was kept warm goes on where it was when it is put up again', () => judgeWarm(engine, shop))

  test('ctrl-c stops what up started', async () => {
    await shop.write(`services:\n  long:\n    image: busybox\n    command: sh -c 'trap "exit 0" TERM; echo begun; while :; do sleep 0.1; done'\n`) // prettier-ignore
    const [file, ...args] = shop.words('up', '--no-color')
    const up = spawn(file, args, { env: shop.env, stdio: ['ignore', 'pipe', 'ignore'] })
    let shown = ''
    up.stdout.on('data', (data: Buffer) => (shown += data.toString()))
    await until('its output', async () => shown.includes('begun'))
    up.kill('SIGINT')
    await once(up, 'close')
    expect((await shop.containers()).map(({ State }) => State)).toEqual(['exited'])
    await shop.ok('down')
    expect(await shop.containers()).toEqual([])
  })
})
