import type { DesktopSettings, Place, ShellInfo } from '../../../contract/ipc.ts'
import { value } from './bridge-transport.ts'

/** What Electron has around the window. In a browser there is none of it. */
export const hasShell = (): boolean => window.ramet !== undefined

const PATHS: Record<string, string> = { dashboard: '/memory' }

function pathOf(place: Place): string {
  if (place.page === 'container')
    return `/containers/${encodeURIComponent(place.id)}${place.tab ? `/${place.tab}` : ''}`
  if (place.page === 'run') return place.image ? `/run?image=${encodeURIComponent(place.image)}` : '/run'
  return PATHS[place.page] ?? `/${place.page}`
}

/** Hears what the tray, notifications and links ask of the window, for as long as it is there. */
export function followShell(handlers: {
  go(path: string): void
  notice(message: string, failed: boolean): void
}): void {
  const { ramet } = window
  if (!ramet) return
  void (async () => {
    for (;;) {
      for (const event of await value(ramet.nextShellEvents())) {
        if (event.type === 'go') handlers.go(pathOf(event.place))
        else if (event.type === 'notice') handlers.notice(event.message, event.level === 'error')
      }
    }
  })().catch(() => {
    // The main process is going; the window goes with it.
  })
}

export const shellInfo = (): Promise<ShellInfo> => value(window.ramet!.shellInfo())
export const desktopSettings = (): Promise<DesktopSettings> => value(window.ramet!.desktopSettings())
export const changeDesktopSettings = (changes: Partial<DesktopSettings>): Promise<DesktopSettings> =>
  value(window.ramet!.changeDesktopSettings(changes))
