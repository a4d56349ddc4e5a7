import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { beforeEach, expect, test } from 'vitest'
import { fake, fakeElectron } from '../../testing/fake-electron.ts'
import { registerAppScheme, serveApp } from './app-protocol.ts'
import { externalUrl, openExternally } from './external.ts'
import { denyPermissions } from './permissions.ts'
import { refuseWithoutSandbox } from './sandbox.ts'
import { claimSingleInstance } from './single-instance.ts'
import { guardWebContents } from './web-contents.ts'
import { webPreferences } from './window.ts'

type Listener = (...args: never[]) => unknown

/** Collects listeners by the event's name. */
function emitter(): { listeners: Map<string, Listener>; on(name: string, listener: Listener): void } {
  const listeners = new Map<string, Listener>()
  return { listeners, on: (name, listener) => void listeners.set(name, listener) }
}

let prevented: number
beforeEach(() => (prevented = 0))

test('the page is isolated and sandboxed, and nothing experimental is on', () => {
  expect(webPreferences('/preload.cjs')).toEqual({
    preload: '/preload.cjs',
    contextIsolation: true,
    sandbox: true,
    webSecurity: true,
    nodeIntegration: false,
    nodeIntegrationInWorker: false,
    nodeIntegrationInSubFrames: false,
    webviewTag: false,
    allowRunningInsecureContent: false,
    experimentalFeatures: false,
    navigateOnDragDrop: false,
    spellcheck: false,
  })
})

test('navigation, redirects, web views and new windows are denied', () => {
  const app = emitter()
  guardWebContents(fakeElectron({ app }), () => {})
  const contents = emitter()
  let open: ((details: object) => unknown) | undefined
  const webContents = { ...contents, setWindowOpenHandler: (handler: typeof open) => (open = handler) }
  app.listeners.get('web-contents-created')!(...([{}, fake('contents', webContents)] as never[]))
  const event = { url: 'https://evil.example/', preventDefault: () => prevented++ }
  const names = ['will-navigate', 'will-frame-navigate', 'will-redirect', 'will-attach-webview']
  for (const name of names) contents.listeners.get(name)!(event as never)
  expect(prevented).toBe(names.length)
  expect(open!({ url: 'https://example.com/' })).toEqual({ action: 'deny' })
})

test('every permission is denied, asked for or checked', () => {
  const app = emitter()
  denyPermissions(fakeElectron({ app }))
  const handlers: Record<string, (...args: unknown[]) => unknown> = {}
  const session = new Proxy({}, { get: (_target, name: string) => (handler: () => unknown) => (handlers[name] = handler) }) // prettier-ignore
  app.listeners.get('session-created')!(session as never)
  const answers: unknown[] = []
  for (const permission of ['media', 'notifications', 'clipboard-read', 'openExternal', 'fileSystem']) {
    handlers['setPermissionRequestHandler']!({}, permission, (answer: unknown) => answers.push(answer))
    expect(handlers['setPermissionCheckHandler']!({}, permission, 'app://ramet')).toBe(false)
  }
  expect(answers).toEqual(Array(5).fill(false))
  expect(handlers['setDevicePermissionHandler']!({})).toBe(false)
})

test('the page comes over its own scheme, each file with a policy, and no path leads out of it', async () => {
  const folder = await mkdtemp('/tmp/ramet-page-')
  let handle: ((request: Request) => Promise<Response>) | undefined
  let schemes: { scheme: string; privileges: object }[] = []
  const { protocol } = fakeElectron({
    protocol: {
      registerSchemesAsPrivileged: (given: typeof schemes) => (schemes = given),
      handle: (_scheme: string, handler: typeof handle) => (handle = handler),
    },
  })
  try {
    await writeFile(`${folder}/index.html`, '<title>Ramet</title>')
    await writeFile(`${folder}/secret.key`, 'secret')
    registerAppScheme({ protocol })
    serveApp({ protocol }, folder)
    expect(schemes).toEqual([
      { scheme: 'app', privileges: { standard: true, secure: true, codeCache: true } },
    ])
    const get = (url: string, method = 'GET') => handle!({ url, method } as Request)
    const page = await get('app://ramet/')
    expect(page.status).toBe(200)
    expect(await page.text()).toBe('<title>Ramet</title>')
    expect(page.headers.get('Content-Type')).toBe('text/html; charset=utf-8')
    const policy = page.headers.get('Content-Security-Policy')!.split('; ')
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("script-src 'self'")
    expect(policy).toContain("connect-src 'none'")
    expect(policy.join()).not.toMatch(/unsafe-eval|https?:|\*/)
    for (const [url, method] of [
      ['app://other/', 'GET'],
      ['app://ramet/', 'POST'],
      ['app://ramet/secret.key', 'GET'],
      ['app://ramet/..%2f..%2fetc/hosts.html', 'GET'],
      ['app://ramet/%00.html', 'GET'],
      ['app://ramet/%ff.html', 'GET'],
      ['app://ramet/missing.js', 'GET'],
    ] as const) {
      const refused = await get(url, method)
      expect([url, refused.status]).toEqual([url, 404])
      expect(refused.headers.get('Content-Security-Policy')).toContain("default-src 'none'")
    }
  } finally {
    await rm(folder, { recursive: true })
  }
})

test.each([
  ['https://example.com/a?b#c', 'https://example.com/a?b#c'],
  ['http://localhost:8080', 'http://localhost:8080/'],
  ['http://127.0.0.1:8080/', 'http://127.0.0.1:8080/'],
  ['http://127.1:80/', 'http://127.0.0.1/'],
  ['http://[::1]:8080/', 'http://[::1]:8080/'],
])('%s is opened in the browser', async (text, url) => {
  const opened: string[] = []
  const electron = fakeElectron({ shell: { openExternal: async (each: string) => void opened.push(each) } })
  await openExternally(electron, text)
  expect(opened).toEqual([url])
})

test.each([
  'http://example.com/',
  'http://localhost.evil.example/',
  'http://127.0.0.1.evil.example/',
  'http://127.0.0.1@evil.example/',
  'https://user:password@example.com/',
  'file:///etc/passwd',
  'javascript:alert(1)',
  'smb://host/share',
  'ramet://containers',
  'vscode://file/x',
  ' ',
  '//example.com',
])('%s is not', async (text) => {
  expect(externalUrl(text)).toBeUndefined()
  await expect(openExternally(fakeElectron({ shell: {} }), text)).rejects.toMatchObject({ code: 'FORBIDDEN' })
})

test('there is one instance, which is told what a second was started with', () => {
  const second: string[][] = []
  const app = emitter()
  const first = fakeElectron({ app: { ...app, requestSingleInstanceLock: () => true } })
  expect(claimSingleInstance(first, (argv) => void second.push(argv))).toBe(true)
  app.listeners.get('second-instance')!(...([{}, ['ramet', '--stop-all']] as never[]))
  expect(second).toEqual([['ramet', '--stop-all']])
  let ended = false
  const other = fakeElectron({ app: { requestSingleInstanceLock: () => false, quit: () => (ended = true) } })
  expect(claimSingleInstance(other, () => {})).toBe(false)
  expect(ended).toBe(true)
})

test('without a sandbox it does not start', () => {
  const shown: string[] = []
  const codes: number[] = []
  const electron = (switches: string[]) =>
    fakeElectron({
      app: {
        commandLine: { hasSwitch: (name: string) => switches.includes(name) },
        exit: (code: number) => void codes.push(code),
      },
      dialog: { showErrorBox: (_title: string, message: string) => void shown.push(message) },
    })
  refuseWithoutSandbox(electron([]))
  expect(codes).toEqual([])
  for (const name of ['no-sandbox', 'disable-web-security']) refuseWithoutSandbox(electron([name]))
  expect(codes).toEqual([1, 1])
  expect(shown[0]).toContain('--no-sandbox')
})
