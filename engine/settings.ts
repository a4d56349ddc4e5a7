import { readFile } from 'node:fs/promises'
import { EngineError } from '../contract/errors.ts'

/** `settings.json` in the configuration folder; every field may be left out. */
export interface Settings {
  /** Registries, as host or host:port, that may be spoken to without TLS; those on loopback always may. */
  insecureRegistries: string[]
  /** When the first container of an image and settings is frozen for those like it: `off`, `healthy`, `after=30s`. */
  warm: string
}

const DEFAULTS: Settings = { insecureRegistries: [], warm: 'off' }

/** Reads the settings. Rejects with INVALID_ARGUMENT, naming the file, where they are not as they must be. */
export async function readSettings(file: string): Promise<Settings> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return DEFAULTS
    throw error
  }
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw new Error('it must hold one object')
    const {
      insecureRegistries = DEFAULTS.insecureRegistries,
      warm = DEFAULTS.warm,
      ...unknown
    } = value as Partial<Settings>
    const [name] = Object.keys(unknown)
    if (name) throw new Error(`'${name}' is not a setting`)
    if (!Array.isArray(insecureRegistries) || !insecureRegistries.every((each) => typeof each === 'string')) {
      throw new Error('insecureRegistries must be a list of host:port')
    }
    if (typeof warm !== 'string' || !/^(off|healthy|after=\d+(ms|s|m))$/.test(warm))
      throw new Error("warm must be 'off', 'healthy', or 'after=30s'")
    return { insecureRegistries, warm }
  } catch (error) {
    throw new EngineError(
      'INVALID_ARGUMENT',
      `cannot use ${file}: ${(error as Error).message}; mend or remove it`,
    )
  }
}
