import type { App } from 'electron'

/**
 * Serves: single instance. Answers whether this is the first; one that is not ends, and the first is told what the
 * other was started with.
 */
export function claimSingleInstance({ app }: { app: App }, onSecond: (argv: string[]) => void): boolean {
  if (!app.requestSingleInstanceLock()) {
    app.quit()
    return false
  }
  app.on('second-instance', (_event, argv) => onSecond(argv))
  return true
}
