import { EngineError } from '../../../../contract/errors.ts'

/** `json-file` and `local` are one format here, Ramet's own. */
const DRIVERS = ['', 'json-file', 'local', 'none']
const MIB = 1024 * 1024
/** Bytes of output that are kept where nothing is said, so that endless output fills no disk. */
const DEFAULT_CAP = 100 * MIB
/** What `none` keeps: whoever is attached reads from it. */
const NONE_CAP = MIB
/** Options that change nothing that a client could see. */
const IDLE = ['compress', 'mode', 'max-buffer-size', 'labels', 'labels-regex', 'env', 'env-regex', 'tag']

interface LogConfig {
  Type?: string
  Config?: Record<string, string> | null
}

/** Rejects drivers and options that are not here, and sizes that are none. */
export function checkLogConfig(value: unknown): undefined {
  const { Type = '', Config } = value as LogConfig
  if (!DRIVERS.includes(Type)) {
    throw new EngineError(
      'NOT_SUPPORTED',
      `the log driver '${Type}' is not supported; use json-file, local or none`,
    )
  }
  for (const name of Object.keys(Config ?? {})) {
    if (['max-size', 'max-file', ...IDLE].includes(name)) continue
    throw new EngineError(
      'INVALID_ARGUMENT',
      `unknown log opt '${name}' for ${Type || 'json-file'} log driver`,
    )
  }
  logCap(value as LogConfig)
}

/** Bytes of a container's newest output that are kept; undefined where all of it is (`max-size=-1`). */
export function logCap({ Type, Config }: LogConfig = {}): number | undefined {
  if (Type === 'none') return NONE_CAP
  const files = Config?.['max-file'] ?? '1'
  if (!/^[1-9]\d{0,5}$/.test(files)) {
    throw new EngineError('INVALID_ARGUMENT', `'${files}' is no max-file; give a number from 1 on`)
  }
  const size = Config?.['max-size']
  if (size === undefined) return DEFAULT_CAP
  if (size.trim() === '-1') return undefined
  return Math.max(1, parseSize(size)) * Number(files)
}

function parseSize(text: string): number {
  const [, digits, unit = ''] = /^(\d{1,12}(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?$/i.exec(text.trim()) ?? []
  if (digits !== undefined)
    return Math.floor(Number(digits) * 1024 ** ' kmgt'.indexOf(unit.toLowerCase() || ' '))
  throw new EngineError(
    'INVALID_ARGUMENT',
    `'${text}' is no max-size; give for example 10m, or -1 for no limit`,
  )
}
