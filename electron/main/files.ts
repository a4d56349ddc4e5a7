import { join } from 'node:path'
import type { App } from 'electron'

/** Where the application's own files are: in a checkout, or in a package's archive and beside it. */
export interface AppFiles {
  /** The built window. */
  page: string
  preload: string
  icons: string
  /** The engine's program, which more than Electron reads: never in the archive. */
  engine: string
  kit: string
}

export function appFiles(app: App, resourcesPath: string): AppFiles {
  const root = app.getAppPath()
  return {
    page: join(root, 'renderer/dist'),
    preload: join(root, 'out/preload/preload.cjs'),
    icons: join(root, 'build/icons'),
    engine: join(root.replace(/app\.asar$/, 'app.asar.unpacked'), 'out/engine/main.js'),
    kit: app.isPackaged ? join(resourcesPath, 'kit') : join(root, 'native/guest/out/kit'),
  }
}
