import type { BrowserWindow } from 'electron'
import { beforeEach, expect, test } from 'vitest'
import type { ContainerSummary, EventMessage } from '../../../contract/docker.ts'
import { fake, fakeElectron } from '../../testing/fake-electron.ts'
import type { EngineConnection } from '../engine/connection.ts'
import { DEFAULT_SETTINGS } from '../settings.ts'
import { EMPTY_MODEL, type TrayAction, type TrayModel } from '../tray/model.ts'
import { recoverWindows } from './crashes.ts'
import { tellOfEngine } from './engine-notices.ts'
import { notifyOfEvents } from './notifications.ts'
import { confirmStopAll, Quitting } from './quit.ts'
import { TrayIcon } from './tray.ts'

type Listener = (...args: unknown[]) => unknown

const running = (names: string[], own = true): TrayModel => ({
  ...EMPTY_MODEL,
  engine: { phase: 'running', own, version: '1' },
  containers: names.map((name) => ({ Id: name, Names: [`/${name}`], State: 'running', Status: '', Ports: [] }) as unknown as ContainerSummary), // prettier-ignore
})

/** Lets what was begun without being waited for go on. */
const settled = () => new Promise((resolve) => setTimeout(resolve, 5))

let asked: { message: string; detail: string; buttons: string[] }[]
let response: number
const dialog = {
  showMessageBox: async (...args: unknown[]) => {
    asked.push(args.at(-1) as (typeof asked)[number])
    return { response }
  },
}
beforeEach(() => {
  asked = []
  response = 0
})

test('the tray shows the menu, acts on a click, and is drawn again only where it changed', () => {
  const menus: { label?: string; click?: () => void; enabled?: boolean; submenu?: object[] }[][] = []
  const tips: string[] = []
  let clicked: Listener = () => {}
  class Tray {
    on = (_event: string, listener: Listener) => (clicked = listener)
    setToolTip = (tip: string) => tips.push(tip)
    setContextMenu = () => {}
  }
  const Menu = { buildFromTemplate: (template: (typeof menus)[number]) => void menus.push(template) }
  const actions: TrayAction[] = []
  const icon = new TrayIcon(fakeElectron({ Tray, Menu }), { icon: '/tray.png', act: (action) => void actions.push(action) }) // prettier-ignore
  icon.show(running(['web']))
  icon.show(running(['web']))
  expect(menus).toHaveLength(1)
  expect(menus[0]![0]).toEqual({ label: '1 container runs', enabled: false })
  icon.show(running(['web', 'db']))
  expect(menus).toHaveLength(2)
  expect(tips.at(-1)).toBe('Ramet: 2 containers run')
  menus[1]!.find(({ label }) => label === 'Quit…')!.click!()
  clicked()
  expect(actions).toEqual([{ do: 'quit' }, { do: 'go' }])
})

function quitting(model: TrayModel, { stays = false } = {}) {
  const did: string[] = []
  let beforeQuit: Listener = () => {}
  const app = {
    on: (name: string, listener: Listener) => name === 'before-quit' && (beforeQuit = listener),
    exit: () => void did.push('exit'),
    quit: () => {
      did.push('quit')
      beforeQuit({ preventDefault: () => did.push('prevented') })
    },
  }
  const it = new Quitting(fakeElectron({ app, dialog }), {
    model: () => model,
    stopAll: async () => void did.push('stop all'),
    closeWindow: async () => !stays,
    close: async () => void did.push('close'),
    log: () => {},
  })
  return { it, did, systemQuits: () => beforeQuit({ preventDefault: () => did.push('prevented') }) }
}

test('quitting says what will happen to what runs', async () => {
  const { it, did } = quitting(running(['web', 'db\u202E']))
  await it.quit()
  expect(asked[0]).toMatchObject({
    message: '2 containers run.',
    detail: expect.stringMatching(/^web, db\n\nThey go on running as virtual machines/) as string,
    buttons: ['Quit, leave them running', 'Stop them and quit', 'Cancel'],
  })
  expect(did).toEqual(['close', 'quit'])
})

test('quitting stops them, is thought better of, or asks nothing where nothing runs', async () => {
  response = 1
  const stopping = quitting(running(['web']))
  await stopping.it.quit()
  expect(stopping.did).toEqual(['stop all', 'close', 'quit'])
  response = 2
  const cancelled = quitting(running(['web']))
  await cancelled.it.quit()
  expect(cancelled.did).toEqual([])
  asked = []
  const nothing = quitting(running([]))
  await nothing.it.quit()
  expect(nothing.did).toEqual(['close', 'quit'])
  expect(asked).toEqual([])
})

test('quitting while no engine answers says that nobody knows what runs', async () => {
  const { it, did } = quitting({ ...EMPTY_MODEL, engine: { phase: 'failed', message: 'libvirt is missing' } })
  response = 1
  await it.quit()
  expect(did).toEqual([])
  expect(asked[0]).toMatchObject({
    message: 'The engine does not answer, so what runs is not known.',
    detail: expect.stringContaining('Containers that run are not stopped') as string,
  })
  response = 0
  await it.quit()
  expect(did).toEqual(['close', 'quit'])
})

test('who stays in the window for what is not saved keeps the application', async () => {
  const { it, did } = quitting(running([]), { stays: true })
  await it.quit()
  expect(did).toEqual([])
})

test('a quit by the system asks too', async () => {
  const { did, systemQuits } = quitting(running(['web'], false))
  systemQuits()
  await settled()
  expect(asked[0]!.detail).toContain('the engine that was started elsewhere looks after them')
  expect(did).toEqual(['prevented', 'close', 'quit'])
})

test('at the end of the session nobody is asked', async () => {
  const { it, did } = quitting(running(['web']))
  await it.quitNow()
  await it.quitNow()
  expect(asked).toEqual([])
  expect(did).toEqual(['close', 'exit'])
})

test('stopping all is asked about, with their names', async () => {
  const electron = fakeElectron({ dialog })
  expect(await confirmStopAll(electron, running(['a', 'b', 'c', 'd', 'e', 'f', 'g']).containers)).toBe(true)
  expect(asked[0]).toMatchObject({ message: 'Stop all 7 containers?', detail: 'a, b, c, d, e and 2 more' })
  response = 1
  expect(await confirmStopAll(electron, running(['a']).containers)).toBe(false)
})

function crashing() {
  const listeners = new Map<string, Listener>()
  const did: string[] = []
  const on = (name: string, listener: Listener) => void listeners.set(name, listener)
  const window = fake<BrowserWindow>('window', {
    on,
    isDestroyed: () => false,
    destroy: () => did.push('destroy'),
    webContents: { on, reload: () => did.push('reload') },
  })
  recoverWindows(fakeElectron({ dialog }), {
    notice: (message) => void did.push(message),
    quit: () => void did.push('quit'),
    log: () => {},
    now: () => 0,
  })(window)
  return { did, crash: () => listeners.get('render-process-gone')!({}, { reason: 'crashed', exitCode: 5 }), hang: () => listeners.get('unresponsive')!() } // prettier-ignore
}

test('a page that crashes is loaded again and says so; one that keeps crashing asks', async () => {
  const { did, crash } = crashing()
  for (let each = 0; each < 3; each++) crash()
  expect(did.filter((each) => each === 'reload')).toHaveLength(3)
  expect(did[0]).toContain('had crashed (crashed) and was loaded again')
  expect(asked).toEqual([])
  response = 1
  crash()
  await settled()
  expect(asked[0]!.message).toContain('keeps crashing')
  expect(did.at(-1)).toBe('destroy')
})

test('who quits because of it is not held up by the page', async () => {
  const { did, hang } = crashing()
  response = 2
  hang()
  await settled()
  expect(did).toEqual(['destroy', 'quit'])
})

test('a page that hangs is asked about once', async () => {
  const { did, hang } = crashing()
  hang()
  hang()
  await settled()
  expect(asked).toHaveLength(1)
  expect(did).toEqual(['reload'])
})

const event = (Action: string, Attributes: Record<string, string> = {}, Type = 'container') =>
  ({ Type, Action, Actor: { ID: Attributes['id'] ?? 'c1', Attributes: { name: 'web', ...Attributes } } }) as unknown as EventMessage // prettier-ignore

function notifying(state: { OOMKilled: boolean; Error: string } = { OOMKilled: false, Error: '' }) {
  const shown: { title: string; body: string }[] = []
  const went: unknown[] = []
  const settings = structuredClone(DEFAULT_SETTINGS)
  const clicks: Listener[] = []
  let time = 0
  class Notification {
    static isSupported = () => true
    on = (name: string, listener: Listener) => name === 'click' && clicks.push(listener)
    show = () => shown.push(this.#options)
    readonly #options: { title: string; body: string }
    constructor(options: { title: string; body: string }) {
      this.#options = options
    }
  }
  const notify = notifyOfEvents(fakeElectron({ Notification }), {
    engine: fake<EngineConnection>('engine', { get: async () => ({ State: state }) }),
    settings: () => settings,
    go: (place) => void went.push(place),
    now: () => time,
  })
  return { shown, went, settings, clicks, notify, later: (milliseconds: number) => (time += milliseconds) }
}

test('what people need to know is told, and a click leads there', async () => {
  const { shown, clicks, went, notify } = notifying()
  await notify(event('die', { exitCode: '2' }))
  await notify(event('health_status: unhealthy'))
  await notify(event('pull', { name: 'redis:7' }, 'image'))
  expect(shown.map(({ title }) => title)).toEqual([
    'web exited with an error',
    'web is unhealthy',
    'Pull done',
  ])
  expect(shown[0]!.body).toContain('exit code is 2')
  clicks[0]!()
  expect(went).toEqual([{ page: 'container', id: 'c1', tab: 'logs' }])
})

test('out of memory is told as what it is, a lost VM with its reason', async () => {
  const out = notifying({ OOMKilled: true, Error: '' })
  await out.notify(event('die', { exitCode: '137' }))
  expect(out.shown[0]!.title).toBe('web ran out of memory')
  const lost = notifying({ OOMKilled: false, Error: 'the VM ended without an exit status' })
  await lost.notify(event('die', { exitCode: '137' }))
  expect(lost.shown[0]!.body).toBe('the VM ended without an exit status')
})

test('what was asked for is not told, nor what is switched off, nor the same again and again', async () => {
  const { shown, notify, settings, later } = notifying()
  await notify(event('die', { exitCode: '0' }))
  await notify(event('die', { exitCode: '143' }))
  await notify(event('kill', { signal: 'SIGTERM' }))
  await notify(event('die', { exitCode: '1' }))
  await notify(event('start'))
  await notify(event('health_status: healthy'))
  settings.notifications.unhealthy = false
  await notify(event('health_status: unhealthy'))
  expect(shown).toEqual([])
  for (let each = 0; each < 5; each++) await notify(event('die', { exitCode: '1' }))
  await notify(event('die', { exitCode: '1', id: 'c2' }))
  expect(shown).toHaveLength(2)
  later(60_000)
  await notify(event('die', { exitCode: '1' }))
  expect(shown).toHaveLength(3)
})

test('hostile names are inert in notifications', async () => {
  const { shown, notify } = notifying()
  await notify(event('die', { exitCode: '1\n2', name: `\u202E<b>\x1b[2J\n${'x'.repeat(1e6)}` }))
  expect(shown[0]!.title).toMatch(/^<b> \[2J x{51}… exited with an error$/)
  expect(shown[0]!.body).toBe('Its exit code is 1 2. See its logs for why.')
  await notify(event('pull', { name: '<a href="https://evil.example">a&lt;b</a>' }, 'image'))
  expect(shown[1]!.body).toBe('‹a href="https://evil.example"›a＆lt;b‹/a› is ready to run.')
})

test('an engine that ended and came back is told of, one that comes up is not', () => {
  const told: string[] = []
  const state = tellOfEngine((_level, message) => void told.push(message))
  const up = { phase: 'running', own: true, version: '1' } as const
  state({ phase: 'starting' })
  state({ phase: 'starting', after: 'an engine already listens there' })
  state(up)
  expect(told).toEqual([])
  state({ phase: 'starting', after: 'Error: out of luck' })
  state(up)
  state({ phase: 'starting' })
  state({ phase: 'failed', message: 'the engine does not start: libvirt is missing' })
  expect(told).toEqual([
    'The engine had ended (Error: out of luck) and was started again. Containers ran on.',
    'the engine does not start: libvirt is missing',
  ])
})
