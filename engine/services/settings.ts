import { readFile } from 'node:fs/promises'
import type { EngineSettings } from '../../contract/engine-settings.ts'
import { EngineError } from '../../contract/errors.ts'

const DEFAULTS: EngineSettings = { insecureRegistries: [], warm: 'off', accelerator: 'auto', libvirtUri: '' }

/** Reads the settings; every field may be left out. Rejects with INVALID_ARGUMENT, naming the file, where they are not as they must be. */
export async function readSettings(file: string): Promise<EngineSettings> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return DEFAULTS
    throw error
  }
  try {
    return parseSettings(JSON.parse(text))
  } catch (error) {
    throw new EngineError(
      'INVALID_ARGUMENT',
      `cannot use ${file}: ${(error as Error).message}; mend or remove it`,
    )
  }
}

/** Throws, in words, where they are not as they must be. */
export function parseSettings(value: unknown): EngineSettings {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Error('it must hold one object')
  const name = Object.keys(value).find((each) => !Object.hasOwn(DEFAULTS, each))
  if (name) throw new Error(`'${name}' is not a setting`)
  const settings = { ...DEFAULTS, ...value }
  const { insecureRegistries, warm, accelerator, libvirtUri } = settings
  if (!Array.isArray(insecureRegistries) || !insecureRegistries.every((each) => typeof each === 'string'))
    throw new Error('insecureRegistries must be a list of host:port')
  if (typeof warm !== 'string' || !/^(off|healthy|after=\d+(ms|s|m))$/.test(warm))
    throw new Error("warm must be 'off', 'healthy', or 'after=30s'")
  if (!['auto', 'kvm', 'tcg'].includes(accelerator))
    throw new Error("accelerator must be 'auto', 'kvm', or 'tcg'")
  if (typeof libvirtUri !== 'string' || !/^($|[a-z][a-z0-9+.-]*:\/\/)/.test(libvirtUri))
    throw new Error("libvirtUri must be as 'qemu:///session', or empty")
  return settings
}
