import { EventEmitter } from 'node:events'
import { fake, fakeElectron } from './fake-electron.ts'

interface FakeMenuItem {
  label?: string
  enabled?: boolean
  click?: () => void
}

/** What the main process did to its desktop, and how that answers. */
export const desktop = {
  /** The application's folder. */
  home: '',
  /** In order, in words. */
  did: [] as string[],
  handlers: new Map<string, (event: object, ...args: unknown[]) => Promise<unknown>>(),
  windows: [] as FakeWindow[],
  menus: [] as FakeMenuItem[][],
  notifications: [] as { title: string; body: string }[],
  /** Which button of a question is pressed. */
  response: 2,
  /** The page asks to stay, and what its user says to that. */
  unsaved: undefined as 'stay' | 'leave' | undefined,
  /** What serves the page. */
  protocol: undefined as ((request: Request) => Promise<Response>) | undefined,
}
export const app = new EventEmitter()
export const nativeTheme = { shouldUseDarkColors: true, themeSource: '' }

class FakeContents extends EventEmitter {
  mainFrame = { url: 'app://ramet/index.html', parent: null }
  setWindowOpenHandler = (): void => {}
  reload = (): void => void desktop.did.push('reload')
}
class FakeWindow extends EventEmitter {
  static fromWebContents = (contents: object): FakeWindow | undefined =>
    desktop.windows.find((each) => each.webContents === contents)
  readonly webContents = new FakeContents()
  readonly options: { webPreferences: object }
  constructor(options: { webPreferences: object }) {
    super()
    this.options = options
    desktop.windows.push(this)
    app.emit('web-contents-created', {}, this.webContents)
  }
  loadURL = async (url: string): Promise<void> => void desktop.did.push(`load ${url}`)
  show = (): void => void desktop.did.push('show')
  focus = (): void => {}
  isMinimized = (): boolean => false
  isMaximized = (): boolean => false
  isFullScreen = (): boolean => false
  isDestroyed = (): boolean => false
  getNormalBounds = () => ({ x: 5, y: 6, width: 900, height: 700 })
  minimize = (): void => void desktop.did.push('minimize')
  close(): void {
    if (desktop.unsaved) {
      const event = { left: false, preventDefault: () => (event.left = true) }
      this.webContents.emit('will-prevent-unload', event)
      if (!event.left) return
    }
    this.emit('close')
    this.webContents.emit('destroyed')
    desktop.windows.splice(desktop.windows.indexOf(this), 1)
    this.emit('closed')
  }
}
class FakeTray extends EventEmitter {
  setToolTip = (): void => {}
  setContextMenu = (): void => {}
}
class FakeNotification extends EventEmitter {
  static isSupported = (): boolean => true
  constructor(options: { title: string; body: string }) {
    super()
    desktop.notifications.push(options)
  }
  show = (): void => {}
}

/** A message of a window's own page, as Electron hands it over. */
export function askedBy({ webContents }: FakeWindow): object {
  return fake<object>('event', { sender: webContents, senderFrame: webContents.mainFrame })
}

/** All of Electron that the main process uses, and no more: any other call fails the test. */
export const electron = fakeElectron({
  app: Object.assign(app, {
    isPackaged: false,
    getAppPath: () => desktop.home,
    getVersion: () => '0.1.0',
    setPath: (name: string, path: string) =>
      desktop.did.push(`path ${name} ${path.replace(desktop.home, '~')}`),
    commandLine: { hasSwitch: () => false },
    enableSandbox: () => desktop.did.push('sandbox'),
    requestSingleInstanceLock: () => true,
    whenReady: async () => {},
    quit: () => desktop.did.push('quit'),
    exit: (code: number) => desktop.did.push(`exit ${code}`),
  }),
  protocol: {
    registerSchemesAsPrivileged: () => desktop.did.push('scheme'),
    handle: (_scheme: string, handler: typeof desktop.protocol) => (desktop.protocol = handler),
  },
  ipcMain: { handle: (channel: string, handler: never) => desktop.handlers.set(channel, handler) },
  dialog: {
    showMessageBox: async (...args: unknown[]) => {
      desktop.did.push(`asked: ${(args.at(-1) as { message: string }).message}`)
      return { response: desktop.response }
    },
    showMessageBoxSync: (
      _window: FakeWindow,
      { message, buttons }: { message: string; buttons: string[] },
    ) => {
      desktop.did.push(`asked: ${message}`)
      return buttons.findIndex((each) => each.toLowerCase() === desktop.unsaved)
    },
    showErrorBox: (title: string, message: string) => desktop.did.push(`${title}: ${message}`),
    showSaveDialog: async () => ({ filePath: `${desktop.home}/saved.json` }),
    showOpenDialog: async () => ({ filePaths: [] }),
  },
  powerMonitor: { on: () => {} },
  clipboard: { writeText: (text: string) => desktop.did.push(`copied ${text}`) },
  shell: { openExternal: async (url: string) => desktop.did.push(`opened ${url}`) },
  screen: { getAllDisplays: () => [{ workArea: { x: 0, y: 0, width: 1920, height: 1080 } }] },
  Menu: {
    setApplicationMenu: (menu: unknown) => desktop.did.push(`menu ${String(menu)}`),
    buildFromTemplate: (template: never) => desktop.menus.push(template),
  },
  utilityProcess: { fork: () => { throw new Error('an engine runs already') } }, // prettier-ignore
  nativeTheme,
  BrowserWindow: FakeWindow,
  Tray: FakeTray,
  Notification: FakeNotification,
})
