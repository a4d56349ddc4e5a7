import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { EngineState, IpcResult } from '../../contract/ipc.ts'
import { electronObstacle, TestApplication } from '../support/electron-app.ts'
import { TestEngine } from '../support/engine.ts'
import { until } from '../support/fixture.ts'

const obstacle = await electronObstacle()
if (obstacle) console.warn(`SKIPPED: the application in Electron itself was not tested: ${obstacle}`)

const root = join(import.meta.dirname, '../..')

describe.skipIf(obstacle)('the application in Electron', () => {
  let engine: TestEngine
  let shell: TestApplication
  /** What an expression comes to in the window's page. */
  const inPage = (expression: string): Promise<unknown> => shell.page.evaluate(expression)
  /** Of a window's page, without the place in it: that is the router's, which may not have come to it yet. */
  const address = (page = shell.page): string => page.url().split('#')[0]!

  beforeAll(async () => {
    await promisify(execFile)(join(root, 'build/node'), [join(root, 'build/bundle.ts')])
    engine = await TestEngine.start()
    shell = await TestApplication.start(engine.env)
  })
  afterAll(async () => {
    await shell?.[Symbol.asyncDispose]()
    await engine?.[Symbol.asyncDispose]()
  })

  test('the window opens on the engine that runs', async () => {
    expect(address()).toBe('app://ramet/')
    await expect
      .poll(() => inPage('ramet.engineState()'))
      .toMatchObject({ ok: true, value: { phase: 'running', own: false } })
    expect(await inPage("ramet.requestEngine({ method: 'GET', path: '/version' })")).toMatchObject({
      ok: true,
      value: { status: 200 },
    })
  })

  test('the page has the bridge and nothing of Node or Electron', async () => {
    const names = ['require', 'process', 'module', 'Buffer', 'ipcRenderer', 'electron']
    const found = await inPage(`${JSON.stringify(names)}.filter((name) => name in window)`)
    expect(found).toEqual([])
    const preferences = await shell.app.evaluate(({ BrowserWindow }) => {
      const [window] = BrowserWindow.getAllWindows()
      // Not among Electron's types.
      const contents = window!.webContents as unknown as { getLastWebPreferences(): Record<string, boolean> }
      const { sandbox, contextIsolation, webSecurity, nodeIntegration, webviewTag } = contents.getLastWebPreferences() // prettier-ignore
      return { sandbox, contextIsolation, webSecurity, nodeIntegration, webviewTag }
    })
    expect(preferences).toEqual({
      sandbox: true,
      contextIsolation: true,
      webSecurity: true,
      nodeIntegration: false,
      webviewTag: false,
    })
  })

  test('no eval, no request elsewhere, no navigation, no window, no permission', async () => {
    await inPage(
      "void document.head.append(Object.assign(document.createElement('script'), { textContent: 'window.evaluated = true' }))",
    )
    expect(await inPage("'evaluated' in window")).toBe(false)
    expect(await inPage("fetch('http://127.0.0.1:9/').then(() => 'sent', () => 'refused')")).toBe('refused')
    await inPage("void (location.href = 'https://example.com/')")
    expect(await inPage("window.open('https://example.com/') === null")).toBe(true)
    expect(address()).toBe('app://ramet/')
    expect(shell.app.windows()).toHaveLength(1)
    const permission = "navigator.permissions.query({ name: 'geolocation' }).then(({ state }) => state)"
    expect(await inPage(permission)).toBe('denied')
    const opened = await inPage("ramet.openExternal('file:///etc/passwd')")
    expect(opened).toMatchObject({ ok: false, error: { code: 'FORBIDDEN' } })
  })

  test('an engine that is killed is started again, by the application', async () => {
    await engine.down('SIGKILL')
    await until('the engine is back', async () => {
      const state = (await inPage('ramet.engineState()')) as IpcResult<EngineState>
      return state.ok && state.value.phase === 'running' && state.value.own
    })
  })

  test('a window whose process crashes is loaded again', async () => {
    const loaded = shell.page.waitForEvent('load')
    await shell.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.webContents.forcefullyCrashRenderer()) // prettier-ignore
    await loaded
    expect(address()).toBe('app://ramet/')
  })

  test('a closed window leaves the application running, and a second start opens it again', async () => {
    await shell.page.close()
    expect(shell.app.process().exitCode).toBeNull()
    const opened = shell.app.waitForEvent('window')
    await promisify(execFile)(join(root, 'node_modules/electron/dist/electron'), [root], { env: engine.env })
    const page = await opened
    await expect.poll(() => address(page)).toBe('app://ramet/')
  })
})
