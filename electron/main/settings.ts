import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { DesktopSettings } from '../../contract/ipc.ts'
import { ARGUMENTS } from './ipc/schemas.ts'

export const DEFAULT_SETTINGS: DesktopSettings = {
  theme: 'system',
  startAtLogin: false,
  keepInTray: true,
  notifications: { exited: true, unhealthy: true, outOfMemory: true, pulled: true },
}

/** The desktop's settings, in a file of their own. One that cannot be used is put aside. */
export class SettingsStore {
  readonly #file: string
  readonly #listeners = new Set<(settings: DesktopSettings) => void>()
  #settings: DesktopSettings

  private constructor(file: string, settings: DesktopSettings) {
    this.#file = file
    this.#settings = settings
  }

  static async open(file: string, log: (message: string) => void): Promise<SettingsStore> {
    try {
      const [stored] = ARGUMENTS.changeDesktopSettings.parse([JSON.parse(await readFile(file, 'utf8'))])
      return new SettingsStore(file, { ...DEFAULT_SETTINGS, ...stored })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
        await rename(file, `${file}.unreadable`).catch(() => {})
        log(`the desktop's settings cannot be read; they are now at ${file}.unreadable`)
      }
      return new SettingsStore(file, DEFAULT_SETTINGS)
    }
  }

  get(): DesktopSettings {
    return this.#settings
  }

  async change(changes: Partial<DesktopSettings>): Promise<DesktopSettings> {
    this.#settings = { ...this.#settings, ...changes }
    await mkdir(dirname(this.#file), { recursive: true, mode: 0o700 })
    await replaceFile(this.#file, `${JSON.stringify(this.#settings, undefined, 2)}\n`)
    for (const listener of this.#listeners) listener(this.#settings)
    return this.#settings
  }

  /** `listener` is told what they are now, and whenever they change. */
  follow(listener: (settings: DesktopSettings) => void): void {
    this.#listeners.add(listener)
    listener(this.#settings)
  }
}

/** As a whole or not at all. */
export async function replaceFile(file: string, text: string, mode = 0o600): Promise<void> {
  await writeFile(`${file}.new`, text, { mode })
  await rename(`${file}.new`, file)
}
