import type {
  BrowserWindow as ElectronWindow,
  BrowserWindowConstructorOptions,
  Dialog,
  Screen,
  WebContents,
} from 'electron'
import { APP_URL } from '../ipc/sender.ts'
import { readWindowState, saveWindowState, SMALLEST } from '../window-state.ts'

/** A window is moved many times before it rests. */
const SAVE_MS = 500

interface WindowOptions {
  preload: string
  icon: string
  stateFile: string
  background(): string
  /** The page has gone or begins anew: what was open for it ends. */
  onPageGone(contents: WebContents): void
  /** It was closed, by whomever; there is none now. */
  onClosed(): void
  /** Every new window, before its page is loaded. */
  onWindow(window: ElectronWindow): void
  log(message: string): void
}

type Parts = { BrowserWindow: typeof ElectronWindow; screen: Screen; dialog: Dialog }

/**
 * Serves: isolation, sandbox and web security on, explicitly; state kept. There is one window, or none: a closed one is
 * gone, so that nothing of it works on while it cannot be seen.
 */
export class MainWindow {
  readonly #electron: Parts
  readonly #options: WindowOptions
  #window: ElectronWindow | undefined
  #opening: Promise<ElectronWindow> | undefined
  #onStay = (): void => {}

  constructor(electron: Parts, options: WindowOptions) {
    this.#electron = electron
    this.#options = options
  }

  get window(): ElectronWindow | undefined {
    return this.#window
  }

  /** Brings the window to the front; makes it where there is none. */
  async show(): Promise<ElectronWindow> {
    const window =
      this.#window ?? (await (this.#opening ??= this.#open().finally(() => (this.#opening = undefined))))
    if (window.isMinimized()) window.restore()
    window.show()
    window.focus()
    return window
  }

  /** True once there is none; false where its user stays for what is not saved. */
  close(): Promise<boolean> {
    const window = this.#window
    if (!window) return Promise.resolve(true)
    return new Promise((resolve) => {
      window.once('closed', () => resolve(true))
      this.#onStay = () => resolve(false)
      window.close()
    })
  }

  async #open(): Promise<ElectronWindow> {
    const { BrowserWindow, screen } = this.#electron
    const { stateFile, onWindow, onPageGone, onClosed, log } = this.#options
    const areas = screen.getAllDisplays().map(({ workArea }) => workArea)
    const { bounds, maximized, fullScreen } = await readWindowState(stateFile, areas)
    const window = new BrowserWindow({
      ...this.#appearance(),
      ...bounds,
      webPreferences: webPreferences(this.#options.preload),
    })
    this.#window = window
    if (maximized) window.maximize()
    if (fullScreen) window.setFullScreen(true)
    this.#keepState(window)
    window.once('closed', () => {
      this.#window = undefined
      onClosed()
    })
    const { webContents } = window
    webContents.once('destroyed', () => onPageGone(webContents))
    webContents.on('render-process-gone', () => onPageGone(webContents))
    webContents.on('did-start-navigation', ({ isMainFrame, isSameDocument }) => {
      if (isMainFrame && !isSameDocument) onPageGone(webContents)
    })
    webContents.on('will-prevent-unload', (event) => {
      if (this.#mayLeave(window)) event.preventDefault()
      else this.#onStay()
    })
    onWindow(window)
    window.loadURL(APP_URL).catch((error: Error) => log(`the window's page: ${error.message}`))
    return window
  }

  #appearance(): BrowserWindowConstructorOptions {
    const { icon, background } = this.#options
    return {
      title: 'Ramet',
      icon,
      show: false,
      minWidth: SMALLEST.width,
      minHeight: SMALLEST.height,
      // What is seen until the page has drawn itself.
      backgroundColor: background(),
      autoHideMenuBar: true,
    }
  }

  /** Electron shows nothing of its own where a page asks to stay, and waits for no promise. */
  #mayLeave(window: ElectronWindow): boolean {
    return (
      this.#electron.dialog.showMessageBoxSync(window, {
        type: 'question',
        title: 'Ramet',
        message: 'Leave without saving?',
        detail: 'What you changed in this file is lost.',
        buttons: ['Leave', 'Stay'],
        defaultId: 1,
        cancelId: 1,
      }) === 0
    )
  }

  #keepState(window: ElectronWindow): void {
    let timer: NodeJS.Timeout | undefined
    const save = (): void => {
      clearTimeout(timer)
      const state = {
        bounds: window.getNormalBounds(),
        maximized: window.isMaximized(),
        fullScreen: window.isFullScreen(),
      }
      saveWindowState(this.#options.stateFile, state).catch((error: Error) =>
        this.#options.log(`the window's state: ${error.message}`),
      )
    }
    const soon = (): void => {
      clearTimeout(timer)
      timer = setTimeout(save, SAVE_MS)
    }
    window.on('resize', soon)
    window.on('move', soon)
    window.on('close', save)
    window.once('closed', () => clearTimeout(timer))
  }
}

/** Said although most of it is the default: defaults have changed before. */
export function webPreferences(
  preload: string,
): NonNullable<BrowserWindowConstructorOptions['webPreferences']> {
  return {
    preload,
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
  }
}
