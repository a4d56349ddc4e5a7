import { isDeepStrictEqual } from 'node:util'
import type { EngineSettings, EngineSettingsView } from '../../contract/engine-settings.ts'
import { EngineError } from '../../contract/errors.ts'
import { parseSettings, readSettings } from './settings.ts'
import { writeDurably } from './durable.ts'
import { Mutex } from './mutex.ts'

/** Variables that count instead of a setting. */
const OVERRIDES: Partial<Record<keyof EngineSettings, string>> = {
  accelerator: 'RAMET_ACCEL',
  libvirtUri: 'RAMET_LIBVIRT_URI',
  standby: 'RAMET_STANDBY',
}

/** The engine's settings, shown and changed. What is changed counts from the engine's next start on. */
export class EngineSettingsService {
  readonly #file: string
  readonly #running: EngineSettings
  readonly #env: NodeJS.ProcessEnv
  readonly #changes = new Mutex()

  /** `running` are those that the engine was started with. */
  constructor(options: { file: string; running: EngineSettings; env: NodeJS.ProcessEnv }) {
    this.#file = options.file
    this.#running = options.running
    this.#env = options.env
  }

  async view(): Promise<EngineSettingsView> {
    const settings = await readSettings(this.#file)
    const overridden = Object.entries(OVERRIDES).filter(([, variable]) => this.#env[variable])
    return {
      settings,
      file: this.#file,
      overriddenBy: Object.fromEntries(overridden),
      // Clones that wait are changed at once.
      changed: !isDeepStrictEqual(
        { ...settings, standby: undefined },
        { ...this.#running, standby: undefined },
      ),
    }
  }

  /** Changes those that are given, and of `limits` and `standby` the fields that are. Rejects with INVALID_ARGUMENT what they cannot be. */
  change(changes: unknown): Promise<EngineSettingsView> {
    return this.#changes.run(async () => {
      const before = await readSettings(this.#file)
      const settings = parsed(changed(before, changes as Partial<EngineSettings> | null))
      await writeDurably(this.#file, `${JSON.stringify(settings, undefined, 2)}\n`)
      return this.view()
    })
  }
}

function changed(before: EngineSettings, changes: Partial<EngineSettings> | null): object {
  const fields = Object.entries(changes ?? {}).map(([name, value]): [string, unknown] => {
    const known = Object.hasOwn(before, name) ? before[name as keyof EngineSettings] : undefined
    return [name, isPlain(known) && isPlain(value) ? { ...known, ...value } : value]
  })
  return { ...before, ...Object.fromEntries(fields) }
}

const isPlain = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function parsed(value: unknown): EngineSettings {
  try {
    return parseSettings(value)
  } catch (error) {
    throw new EngineError('INVALID_ARGUMENT', (error as Error).message, { cause: error })
  }
}
