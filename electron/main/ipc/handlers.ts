import { createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { basename } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { BrowserWindow as ElectronWindow, Clipboard, Dialog, WebContents } from 'electron'
import { EngineError } from '../../../contract/errors.ts'
import type { ShellInfo, WindowCommand } from '../../../contract/ipc.ts'
import type { EngineConnection } from '../engine/connection.ts'
import type { EngineSupervisor } from '../engine/supervisor.ts'
import type { SettingsStore } from '../settings.ts'
import type { Handlers } from './answer.ts'
import type { ShellEvents } from './shell-events.ts'
import type { StreamTable } from './streams.ts'

interface HandlerOptions {
  engine: EngineConnection
  supervisor: Pick<EngineSupervisor, 'state' | 'startAgain'>
  streams: StreamTable<WebContents>
  events: ShellEvents<WebContents>
  settings: SettingsStore
  info(): ShellInfo
  openExternal(url: string): Promise<void>
  quit(): void
}

type Parts = { BrowserWindow: typeof ElectronWindow; dialog: Dialog; clipboard: Clipboard }

/** What each channel does. Thin: it says who does it. */
export function ipcHandlers(electron: Parts, options: HandlerOptions): Handlers {
  const { engine, supervisor, streams, events, settings } = options
  const windowOf = (sender: WebContents): ElectronWindow => {
    const window = electron.BrowserWindow.fromWebContents(sender)
    if (!window) throw new EngineError('NOT_FOUND', 'the window is gone')
    return window
  }
  return {
    requestEngine: (_sender, request) => engine.request(request),
    openStream: (sender, request) => streams.add(sender, engine.open(request)),
    streamHead: (sender, stream) => streams.get(sender, stream).head(),
    readStream: (sender, stream) => streams.get(sender, stream).read(),
    writeStream: (sender, stream, data) => streams.get(sender, stream).write(data),
    endStream: (sender, stream) => streams.get(sender, stream).end(),
    closeStream: (sender, stream) => streams.close(sender, stream),
    saveStream: async (sender, stream, name) => {
      try {
        const source = await streams.get(sender, stream).source()
        const { filePath } = await electron.dialog.showSaveDialog(windowOf(sender), {
          defaultPath: basename(name),
        })
        if (!filePath) return null
        await save(source, filePath)
        return filePath
      } finally {
        streams.close(sender, stream)
      }
    },
    engineState: () => supervisor.state,
    startEngine: () => supervisor.startAgain(),
    nextShellEvents: (sender) => events.next(sender),
    shellInfo: () => options.info(),
    desktopSettings: () => settings.get(),
    changeDesktopSettings: (_sender, changes) => settings.change(changes),
    windowCommand: (sender, command) =>
      command === 'quit' ? options.quit() : windowCommand(windowOf(sender), command),
    openExternal: (_sender, url) => options.openExternal(url),
    copyText: (_sender, text) => electron.clipboard.writeText(text),
    chooseFolder: async (sender) => {
      const properties = ['openDirectory' as const, 'createDirectory' as const]
      const { filePaths } = await electron.dialog.showOpenDialog(windowOf(sender), { properties })
      return filePaths[0] ?? null
    },
  }
}

function windowCommand(window: ElectronWindow, command: Exclude<WindowCommand, 'quit'>): void {
  switch (command) {
    case 'minimize':
      return window.minimize()
    case 'toggle-maximize':
      return window.isMaximized() ? window.unmaximize() : window.maximize()
    case 'toggle-full-screen':
      return window.setFullScreen(!window.isFullScreen())
    case 'close':
      return window.close()
  }
}

/** Under its name only once it is complete. */
async function save(source: NodeJS.ReadableStream, file: string): Promise<void> {
  const part = `${file}.part`
  try {
    await pipeline(source, createWriteStream(part))
    await rename(part, file)
  } catch (error) {
    await rm(part, { force: true })
    throw new EngineError('INTERNAL', `${basename(file)} was not saved: ${(error as Error).message}`, {
      cause: error,
    })
  }
}
