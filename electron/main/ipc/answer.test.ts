import type { IpcMainInvokeEvent } from 'electron'
import { beforeEach, expect, test } from 'vitest'
import { EngineError } from '../../../contract/errors.ts'
import { IPC_CHANNELS, type IpcChannel, type IpcResult } from '../../../contract/ipc.ts'
import { fake, fakeElectron } from '../../testing/fake-electron.ts'
import { answerIpc, type Handlers } from './answer.ts'

type Handler = (event: IpcMainInvokeEvent, ...args: unknown[]) => Promise<IpcResult<unknown>>

let handled: Map<string, Handler>
let calls: unknown[][]
let failure: Error | undefined
let logged: string[]

beforeEach(() => {
  handled = new Map()
  calls = []
  failure = undefined
  logged = []
  const { ipcMain } = fakeElectron({
    ipcMain: { handle: (channel: string, handler: Handler) => void handled.set(channel, handler) },
  })
  const handler =
    (channel: string) =>
    (_sender: unknown, ...args: unknown[]): string => {
      calls.push([channel, ...args])
      if (failure) throw failure
      return 'done'
    }
  const handlers = Object.fromEntries(IPC_CHANNELS.map((channel) => [channel, handler(channel)]))
  answerIpc({ ipcMain }, handlers as unknown as Handlers, (message) => void logged.push(message))
})

/** A message as Electron hands it over; `frame` is where it comes from. */
function message(url: string, frame: { inside?: boolean; gone?: boolean } = {}): IpcMainInvokeEvent {
  const mainFrame = { url, parent: null }
  const senderFrame = frame.gone ? null : frame.inside ? { url, parent: mainFrame } : mainFrame
  return fake<IpcMainInvokeEvent>('event', { sender: { mainFrame }, senderFrame })
}

const ask = (channel: IpcChannel, args: unknown[], event = message('app://ramet/index.html')) =>
  handled.get(channel)!(event, ...args)

test('every channel is answered, in the window’s own page', async () => {
  expect([...handled.keys()]).toEqual([...IPC_CHANNELS])
  expect(await ask('engineState', [])).toEqual({ ok: true, value: 'done' })
  const request = { method: 'GET', path: '/containers/json?all=1' }
  expect(await ask('requestEngine', [request])).toEqual({ ok: true, value: 'done' })
  expect(await ask('writeStream', [1, new Uint8Array(3)])).toEqual({ ok: true, value: 'done' })
  expect(calls).toEqual([['engineState'], ['requestEngine', request], ['writeStream', 1, new Uint8Array(3)]])
})

test.each([
  ['another origin', message('https://evil.example/')],
  ['an origin that begins like ours', message('app://ramet.evil.example/')],
  ['an origin that ends like ours', message('app://evil-ramet/')],
  ['another scheme', message('file:///app/ramet/index.html')],
  ['our name before an at sign', message('app://ramet@evil.example/')],
  ['our page with a port', message('app://ramet:80/')],
  ['no page', message('about:blank')],
  ['a frame inside our page', message('app://ramet/', { inside: true })],
  ['a frame that is gone', message('app://ramet/', { gone: true })],
])('a message of %s is refused', async (_who, event) => {
  expect(await ask('requestEngine', [{ method: 'GET', path: '/info' }], event)).toMatchObject({
    ok: false,
    error: { code: 'FORBIDDEN' },
  })
  expect(calls).toEqual([])
  expect(logged).toEqual([expect.stringContaining('refused requestEngine')])
})

test.each<[IpcChannel, unknown[]]>([
  ['requestEngine', []],
  ['requestEngine', [{ method: 'TRACE', path: '/info' }]],
  ['requestEngine', [{ method: 'GET', path: 'info' }]],
  ['requestEngine', [{ method: 'GET', path: '/info HTTP/1.1\r\nX: y' }]],
  ['requestEngine', [{ method: 'GET', path: '/info', headers: { Host: 'x' } }]],
  ['requestEngine', [{ method: 'GET', path: '/info', registryAuth: 'a\r\nb' }]],
  ['requestEngine', [{ method: 'GET', path: '/info' }, 'more']],
  ['openStream', [{ method: 'GET', path: '/events', upload: 'yes' }]],
  ['readStream', [0]],
  ['readStream', ['1']],
  ['writeStream', [1, 'text']],
  ['writeStream', [1, new Uint8Array(5 * 1024 * 1024)]],
  ['saveStream', [1, '']],
  ['engineState', ['more']],
  ['changeDesktopSettings', [{ theme: 'red' }]],
  ['changeDesktopSettings', [{ constructor: 1 }]],
  ['changeDesktopSettings', [{ notifications: { exited: true } }]],
  ['windowCommand', ['openDevTools']],
  ['openExternal', [{ toString: 'x' }]],
])('%s with %o is refused before its handler is called', async (channel, args) => {
  expect(await ask(channel, args)).toMatchObject({ ok: false, error: { code: 'INVALID_ARGUMENT' } })
  expect(calls).toEqual([])
})

test('errors cross as code and message, and nothing of their stack', async () => {
  failure = new EngineError('NAME_TAKEN', 'the name is in use', { cause: new Error('secret') })
  expect(await ask('engineState', [])).toEqual({
    ok: false,
    error: { code: 'NAME_TAKEN', message: 'the name is in use' },
  })
  failure = new TypeError('x is not a function')
  expect(await ask('engineState', [])).toEqual({
    ok: false,
    error: { code: 'INTERNAL', message: 'x is not a function' },
  })
  expect(logged).toEqual([expect.stringContaining('TypeError')])
})
