import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { ContainerSummary, EventMessage } from '../../contract/docker.ts'
import type { IpcChannel, IpcResult, ShellEvent } from '../../contract/ipc.ts'
import type { HostInfo, MemoryReport } from '../../contract/ramet.ts'
import { createServer, type ApiServer } from '../../engine/api/server.ts'
import { fakeBackend } from '../../engine/api/testing/fake-backend.ts'
import { app, askedBy, desktop as it, nativeTheme } from '../testing/fake-desktop.ts'

/** The whole main process on a fake of its desktop, and on the engine's real server above a fake of its services. */
vi.mock('electron', async () => (await import('../testing/fake-desktop.ts')).electron)

let server: ApiServer
const listeners = new Set<(event: EventMessage) => void>()
const subscribe = (listener: (event: EventMessage) => void) => {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
const called: string[] = []
let containers: ContainerSummary[] = []

beforeAll(async () => {
  it.home = await mkdtemp('/tmp/ramet-main-')
  await mkdir(`${it.home}/run`, { mode: 0o700 })
  await mkdir(`${it.home}/renderer/dist`, { recursive: true })
  await mkdir(`${it.home}/bin`)
  await writeFile(`${it.home}/renderer/dist/index.html`, '<title>Ramet</title>')
  // A desktop with a tray.
  await writeFile(`${it.home}/bin/gdbus`, '#!/bin/sh\necho "(true,)"\n', { mode: 0o755 })
  vi.stubEnv('PATH', `${it.home}/bin:${process.env['PATH']}`)
  vi.stubEnv('RAMET_HOME', it.home)
  vi.stubEnv('XDG_CONFIG_HOME', `${it.home}/xdg`)
  vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  const backend = fakeBackend({
    host: { info: async () => ({ engineVersion: '1.2.3' }) as HostInfo },
    events: { subscribe, subscribeToAll: subscribe },
    containers: {
      list: async () => containers,
      inspect: async () => ({ State: { OOMKilled: false, Error: '' } }) as never,
      stop: async (id) => void called.push(`stop ${id}`),
    },
    launches: { list: () => [], run: async (id) => ({ id: `c-${id}`, name: 'web' }) },
    memory: { report: async () => ({ totals: { savedBytes: 5 * 1024 ** 2 } }) as MemoryReport },
  })
  server = createServer(backend, { engineVersion: '1.2.3', log: () => {} })
  await server.listen(`${it.home}/run/docker.sock`)
  await import('./main.ts')
  await until(() => it.menus.some((menu) => menu[0]?.label === 'Nothing runs') && it.did.includes('show'))
})
afterAll(async () => {
  await server.close()
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
  await rm(it.home, { recursive: true, force: true })
})

async function until(holds: () => boolean): Promise<void> {
  const deadline = Date.now() + 10_000
  while (!holds() && Date.now() < deadline) await delay(5)
  expect(holds()).toBe(true)
}
async function ask<T>(channel: IpcChannel, ...args: unknown[]): Promise<T> {
  const result = (await it.handlers.get(channel)!(askedBy(it.windows[0]!), ...args)) as IpcResult<T>
  if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`)
  return result.value
}
const emit = (Action: string, id: string, Attributes = {}) => {
  const event = {
    Type: 'container',
    Action,
    Actor: { ID: id, Attributes },
    scope: 'local',
    time: 1,
    timeNano: 1e9,
  }
  for (const listener of listeners) listener(event as EventMessage)
}
const line = (label: string) => it.menus.at(-1)!.find((each) => each.label === label)!

test('what must come before all else does: its own folder, the sandbox, the scheme', () => {
  const order = [
    'path userData ~/state/desktop',
    'sandbox',
    'scheme',
    'menu null',
    'load app://ramet/',
    'show',
  ]
  expect(it.did.filter((each) => order.includes(each))).toEqual(order)
  expect(it.windows[0]!.options.webPreferences).toMatchObject({ sandbox: true, contextIsolation: true })
})

test('the page is served, and the engine reached through the bridge', async () => {
  const page = await it.protocol!({ url: 'app://ramet/', method: 'GET' } as Request)
  expect(await page.text()).toBe('<title>Ramet</title>')
  expect(await ask('engineState')).toEqual({ phase: 'running', own: false, version: '1.2.3' })
  const answer = await ask<{ text: string }>('requestEngine', { method: 'GET', path: '/containers/json' })
  expect(answer.text).toBe('[]')
  await expect(ask('requestEngine', { method: 'GET', path: '/nonsense' })).rejects.toThrow(/^NOT_FOUND: /)
  const before = listeners.size
  const stream = await ask<number>('openStream', { method: 'GET', path: '/events' })
  expect(await ask('streamHead', stream)).toMatchObject({ status: 200 })
  emit('start', 'c1')
  expect(Buffer.from(await ask<Uint8Array>('readStream', stream)).toString()).toContain('"Action":"start"')
  await ask('closeStream', stream)
  await expect(ask('readStream', stream)).rejects.toThrow('NOT_FOUND')
  await until(() => listeners.size === before)
})

test('an answer is saved without passing through the window', async () => {
  const stream = await ask<number>('openStream', { method: 'GET', path: '/ramet/v1/memory' })
  expect(await ask('saveStream', stream, 'memory.json')).toBe(`${it.home}/saved.json`)
  expect(JSON.parse(await readFile(`${it.home}/saved.json`, 'utf8'))).toHaveProperty('totals')
})

test('settings change the theme and the login entry, and are told', async () => {
  await ask('nextShellEvents')
  await ask('changeDesktopSettings', { theme: 'dark', startAtLogin: true })
  expect(nativeTheme.themeSource).toBe('dark')
  const told = await ask<ShellEvent[]>('nextShellEvents')
  expect(told).toMatchObject([{ type: 'settings', settings: { theme: 'dark', startAtLogin: true } }])
  const entry = `${it.home}/xdg/autostart/org.ramet.Ramet.desktop`
  await expect.poll(() => readFile(entry, 'utf8').catch(() => '')).toContain('--hidden')
})

test('the small ones', async () => {
  await ask('openExternal', 'https://example.com/')
  await ask('copyText', 'some text')
  await ask('windowCommand', 'minimize')
  expect(it.did.slice(-3)).toEqual(['opened https://example.com/', 'copied some text', 'minimize'])
  await expect(ask('openExternal', 'file:///etc/passwd')).rejects.toThrow('FORBIDDEN')
  expect(await ask('chooseFolder')).toBeNull()
  expect(await ask('shellInfo')).toMatchObject({ version: '0.1.0', tray: 'shown' })
})

test('a page that crashed is loaded again, and told of it', async () => {
  const { webContents } = it.windows[0]!
  webContents.emit('render-process-gone', {}, { reason: 'crashed', exitCode: 11 })
  expect(it.did.at(-1)).toBe('reload')
  webContents.emit('did-start-navigation', { isMainFrame: true, isSameDocument: false })
  const told = await ask<ShellEvent[]>('nextShellEvents')
  expect(told.map(({ type }) => type)).toEqual(['engine', 'settings', 'notice'])
})

test('the tray follows events, and stops all once that is confirmed', async () => {
  containers = [
    { Id: 'c1', Names: ['/web'], State: 'running', Status: 'Up', Ports: [] } as unknown as ContainerSummary,
  ]
  emit('start', 'c1')
  await until(() => it.menus.at(-1)![0]!.label === '1 container runs, 5.0 MiB of memory saved')
  line('Stop all containers…').click!()
  await until(() => it.did.includes('asked: Stop the container that runs?'))
  expect(called).toEqual([])
  it.response = 0
  line('Stop all containers…').click!()
  await until(() => called.includes('stop c1'))
})

test('a container that fails is told of by the desktop', async () => {
  emit('die', 'c1', { name: 'web', exitCode: '3' })
  await until(() => it.notifications.some(({ title }) => title === 'web exited with an error'))
})

test('what is not saved keeps the window, and the application, until its user leaves it', async () => {
  const asked = (): number => it.did.filter((each) => each === 'asked: Leave without saving?').length
  it.unsaved = 'stay'
  it.windows[0]!.close()
  expect(asked()).toBe(1)
  it.response = 0
  app.emit('second-instance', {}, ['ramet', '--quit'])
  await until(() => asked() === 2)
  expect(it.windows).toHaveLength(1)
  expect(it.did).not.toContain('quit')
  it.unsaved = 'leave'
  it.windows[0]!.close()
  expect(it.windows).toEqual([])
  it.unsaved = undefined
  app.emit('second-instance', {}, ['ramet'])
  await until(() => it.windows.length === 1)
})

test('a closed window is gone with its streams, and everything else goes on; a link opens another where it leads', async () => {
  await ask('streamHead', await ask('openStream', { method: 'GET', path: '/events' }))
  const before = listeners.size
  it.windows[0]!.close()
  await until(() => listeners.size === before - 1)
  expect(it.did).not.toContain('quit')
  await expect.poll(() => readFile(`${it.home}/state/window.json`, 'utf8').catch(() => '')).toContain('900')
  app.emit('second-instance', {}, ['ramet', 'ramet://container/web/logs'])
  await until(() => it.windows.length === 1)
  const told = await ask<ShellEvent[]>('nextShellEvents')
  expect(told).toContainEqual({ type: 'go', place: { page: 'container', id: 'web', tab: 'logs' } })
})

test('a quick launch of the desktop runs without a window', async () => {
  it.windows[0]!.close()
  app.emit('second-instance', {}, ['ramet', '--launch=0a'])
  await until(() => it.notifications.some(({ body }) => body === 'web runs.'))
  expect(it.windows).toEqual([])
})

test('quitting asks, leaves a found engine alone, and ends', async () => {
  it.response = 0
  app.emit('second-instance', {}, ['ramet', '--quit'])
  await until(() => it.did.includes('quit'))
  expect(it.did).toContain('asked: One container runs.')
  expect(called).toEqual(['stop c1'])
})
