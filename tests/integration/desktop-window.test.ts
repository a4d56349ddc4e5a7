import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { app, desktop } from '../../electron/testing/fake-desktop.ts'
import { BridgedWindow } from '../support/bridged-window.ts'
import { until, useEngine, type EngineFixture } from '../support/fixture.ts'

vi.mock('electron', async () => (await import('../../electron/testing/fake-desktop.ts')).electron)

/** The window on the desktop application's own main process, with a real engine and a real VM behind that. */
let fixture: EngineFixture
let window: BridgedWindow
useEngine((made) => (fixture = made))

beforeAll(async () => {
  const { engine, image } = fixture
  const script = 'while :; do echo a line of output; sleep 1; done'
  expect(await engine.ramet(['run', '-d', '--name', 'hello', image, 'sh', '-c', script])).toMatchObject({
    code: 0,
  })
  vi.stubEnv('RAMET_HOME', engine.home)
  window = await BridgedWindow.open()
})
afterAll(async () => {
  await window?.[Symbol.asyncDispose]()
  vi.unstubAllEnvs()
})

test('what runs is in the window, and its output comes through the bridge', async () => {
  const { page } = window
  await page.getByRole('link', { name: 'Containers' }).click()
  await page.getByText('hello').first().waitFor()
  app.emit('second-instance', {}, ['ramet', 'ramet://container/hello/logs'])
  await page.waitForURL(/#\/containers\/hello\/logs$/)
  await page.getByText('a line of output').first().waitFor()
})

test('a terminal is typed into, and answers', async () => {
  const { page } = window
  app.emit('second-instance', {}, ['ramet', 'ramet://container/hello/terminal'])
  const screen = page.locator('.xterm-rows')
  await until('a prompt', async () => /[#$]/.test(await screen.innerText().catch(() => '')))
  await page.locator('.xterm').click()
  await page.keyboard.type('echo typed-$((6 * 7))\n')
  await until('the answer', async () => (await screen.innerText()).includes('typed-42'))
})

test('an engine that is killed shows, and the window takes up again with the next one', async () => {
  const { page } = window
  await fixture.engine.down('SIGKILL')
  const banner = page.getByText('The engine does not answer')
  await banner.waitFor()
  await fixture.engine.up()
  await banner.waitFor({ state: 'hidden' })
  expect(await fixture.engine.inspect('hello')).toMatchObject({ State: { Running: true } })
})

test('the page needed nothing that its policy refuses', () => {
  expect(window.complaints).toEqual([])
  expect(desktop.did.filter((each) => each.startsWith('Ramet'))).toEqual([])
})
