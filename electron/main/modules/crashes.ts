import type { BrowserWindow, Dialog } from 'electron'

/** A page that crashes so often in a minute will not get better by being loaded again. */
const CRASHES_MAX = 3
const MINUTE_MS = 60_000

interface CrashOptions {
  /** Told in the window that comes back. */
  notice(message: string): void
  quit(): void
  log(message: string): void
  now?(): number
}

/** Serves: a crash of the renderer is shown and recovered: the page is loaded again, or the user is asked. */
export function recoverWindows(
  { dialog }: { dialog: Dialog },
  options: CrashOptions,
): (window: BrowserWindow) => void {
  const { notice, quit, log, now = Date.now } = options
  let crashes: number[] = []

  const ask = async (window: BrowserWindow, message: string): Promise<void> => {
    const { response } = await dialog.showMessageBox(window, {
      type: 'error',
      title: 'Ramet',
      message,
      detail: 'Containers are not touched by this: they run on.',
      buttons: ['Load it again', 'Close the window', 'Quit'],
      defaultId: 0,
      cancelId: 1,
    })
    if (window.isDestroyed()) return
    if (response === 0) window.webContents.reload()
    else {
      window.destroy()
      if (response === 2) quit()
    }
  }

  return (window) => {
    window.webContents.on('render-process-gone', (_event, { reason, exitCode }) => {
      if (reason === 'clean-exit') return
      log(`the window's process is gone: ${reason}, code ${exitCode}`)
      crashes = [...crashes.filter((at) => now() - at < MINUTE_MS), now()]
      if (crashes.length > CRASHES_MAX) {
        crashes = []
        void ask(window, `The window keeps crashing (${reason}).`)
        return
      }
      notice(`The window had crashed (${reason}) and was loaded again. Containers were not touched.`)
      window.webContents.reload()
    })
    let asked = false
    window.on('unresponsive', () => {
      if (asked) return
      asked = true
      log('the window does not respond')
      void ask(window, 'The window does not respond.').finally(() => (asked = false))
    })
  }
}
