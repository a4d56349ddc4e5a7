import { readFile } from 'node:fs/promises'
import { availableParallelism, totalmem } from 'node:os'
import type { DefaultLimits, EngineSettings } from '../../contract/engine-settings.ts'
import { EngineError } from '../../contract/errors.ts'
import type { StandbySettings } from '../../contract/ramet.ts'
import { LEAST_CPUS, LEAST_MEMORY } from './limits.ts'

const MIB = 1024 ** 2

/**
 * Three serve a small compose project, or tests that start one container after the other, for the memory of a browser
 * tab or two. None wait where the workstation has less than an eighth of its memory left, or 1 GiB.
 */
const STANDBY: StandbySettings = {
  count: 3,
  memoryBytes: 256 * MIB,
  reserveBytes: Math.max(1024 * MIB, Math.floor(totalmem() / 8)),
}

/** Below it the kernel ends somebody. */
const KEEP_FREE = Math.max(256 * MIB, Math.floor(totalmem() / 32 / MIB) * MIB)

export const DEFAULTS: EngineSettings = {
  insecureRegistries: [],
  warm: 'off',
  accelerator: 'auto',
  libvirtUri: '',
  limits: { memoryBytes: 0, cpus: 0 },
  keepFreeBytes: KEEP_FREE,
  standby: STANDBY,
}

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
  const settings: EngineSettings = { ...DEFAULTS, ...value }
  const { insecureRegistries, warm, accelerator, libvirtUri, keepFreeBytes } = settings
  if (!Array.isArray(insecureRegistries) || !insecureRegistries.every((each) => typeof each === 'string'))
    throw new Error('insecureRegistries must be a list of host:port')
  if (typeof warm !== 'string' || !/^(off|healthy|after=\d+(ms|s|m))$/.test(warm))
    throw new Error("warm must be 'off', 'healthy', or 'after=30s'")
  if (!['auto', 'kvm', 'tcg'].includes(accelerator))
    throw new Error("accelerator must be 'auto', 'kvm', or 'tcg'")
  if (typeof libvirtUri !== 'string' || !/^($|[a-z][a-z0-9+.-]*:\/\/)/.test(libvirtUri))
    throw new Error("libvirtUri must be as 'qemu:///session', or empty")
  if (!Number.isSafeInteger(keepFreeBytes) || keepFreeBytes < 0 || keepFreeBytes >= totalmem())
    throw new Error(`keepFreeBytes must be bytes, from 0 to less than the workstation has (${totalmem()})`)
  return { ...settings, limits: defaultLimits(settings.limits), standby: standbySettings(settings.standby) }
}

function defaultLimits(given: unknown): DefaultLimits {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw new Error('limits must be an object of memoryBytes and cpus')
  const name = Object.keys(given).find((each) => !Object.hasOwn(DEFAULTS.limits, each))
  if (name) throw new Error(`'limits.${name}' is not a setting`)
  const limits: DefaultLimits = { ...DEFAULTS.limits, ...given }
  const { memoryBytes, cpus } = limits
  if (!Number.isSafeInteger(memoryBytes) || (memoryBytes !== 0 && memoryBytes < LEAST_MEMORY))
    throw new Error('limits.memoryBytes must be bytes, 6 MiB or more, or 0 for none')
  if (!Number.isFinite(cpus) || cpus < 0 || (cpus > 0 && cpus < LEAST_CPUS) || cpus > availableParallelism())
    throw new Error(`limits.cpus must be from ${LEAST_CPUS} to ${availableParallelism()}, or 0 for none`)
  return limits
}

function standbySettings(given: unknown): StandbySettings {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw new Error('standby must be an object of count, memoryBytes and reserveBytes')
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(STANDBY, name)) throw new Error(`'standby.${name}' is not a setting`)
    if (!Number.isSafeInteger(value) || value < 0)
      throw new Error(`standby.${name} must be a whole number, 0 or more`)
  }
  return { ...STANDBY, ...given }
}
