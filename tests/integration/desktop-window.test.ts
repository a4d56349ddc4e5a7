import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { BridgedWindow } from '../support/bridged-window.ts'
import { useEngine, type EngineFixture } from '../support/fixture.ts'

vi.mock('electron', async () => (await import('../../electron/testing/fake-desktop.ts')).electron)

/** The window and the desktop application's main process, on a real engine with a real VM. */
let fixture: EngineFixture
let window: BridgedWindow
useEngine((made) => (fixture = made))

beforeAll(async () => {
  const { engine } = fixture
  vi.stubEnv('RAMET_HOME', engine.home)
  window = await BridgedWindow.open()
})
afterAll(async () => {
  await window?.[Symbol.asyncDispose]()
  vi.unstubAllEnvs()
})

test('x', async () => {
  const { engine, image } = fixture
  const run = ['run', '-d', '--name', 'hello', '-p', '18080:80', image, 'sh', '-c', 'while :; do echo a line of output; sleep 1; done']
  expect(await engine.ramet(run)).toMatchObject({ code: 0 })
  const { page } = window
  await new Promise((r) => setTimeout(r, 5000))
  await page.screenshot({ path: '/tmp/w1.png' })
  await page.goto('https://ramet.test/#/containers')
  await new Promise((r) => setTimeout(r, 2000))
  await page.screenshot({ path: '/tmp/w2.png' })
  await page.goto('https://ramet.test/#/containers/hello/logs')
  await new Promise((r) => setTimeout(r, 3000))
  await page.screenshot({ path: '/tmp/w3.png' })
  await page.goto('https://ramet.test/#/containers/hello/terminal')
  await new Promise((r) => setTimeout(r, 5000))
  await page.screenshot({ path: '/tmp/w4.png' })
  console.log(window.complaints)
})
