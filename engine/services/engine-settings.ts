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

/** By setting: what has the part of it that was given count at once. */
type AtOnce = { [Name in keyof EngineSettings]?: (given: Partial<EngineSettings[Name]>) => unknown }

/** The engine's settings, shown and changed. What is changed counts from the engine's next start on, if not at once. */
export class EngineSettingsService {
  readonly #file: string
  readonly #running: EngineSettings
  readonly #env: NodeJS.ProcessEnv
  readonly #atOnce: AtOnce
  readonly #changes = new Mutex()

  /** `running` are those that the engine was started with. */
  constructor(options: { file: string; running: EngineSettings; env: NodeJS.ProcessEnv; atOnce?: AtOnce }) {
    this.#file = options.file
    this.#running = options.running
    this.#env = options.env
    this.#atOnce = options.atOnce ?? {}
  }

  async view(): Promise<EngineSettingsView> {
    const settings = await readSettings(this.#file)
    const overridden = Object.entries(OVERRIDES).filter(([, variable]) => this.#env[variable])
    return {
      settings,
      file: this.#file,
      overriddenBy: Object.fromEntries(overridden),
      changed: !isDeepStrictEqual(this.#late(settings), this.#late(this.#running)),
    }
  }

  /** Changes those that are given, and of `limits` and `standby` the fields that are. Rejects with INVALID_ARGUMENT what they cannot be. */
  async change(changes: unknown): Promise<EngineSettingsView> {
    const given = (changes ?? {}) as Partial<EngineSettings>
    await this.#changes.run(async () => {
      const settings = parsed(changed(await readSettings(this.#file), given))
      await writeDurably(this.#file, `${JSON.stringify(settings, undefined, 2)}\n`)
    })
    await this.#apply(given)
    return this.view()
  }

  async #apply(changes: Partial<EngineSettings>): Promise<void> {
    for (const [name, apply] of Object.entries(this.#atOnce) as [keyof EngineSettings, Apply][]) {
      const variable = OVERRIDES[name]
      if (changes[name] !== undefined && !(variable && this.#env[variable])) await apply(changes[name])
    }
  }

  /** Those that count from the next start on. */
  #late(settings: EngineSettings): object {
    return Object.fromEntries(Object.entries(settings).filter(([name]) => !Object.hasOwn(this.#atOnce, name)))
  }
}

type Apply = (given: unknown) => unknown

function changed(before: EngineSettings, changes: Partial<EngineSettings>): object {
  const fields = Object.entries(changes).map(([name, value]): [string, unknown] => {
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
