import { resolve } from 'node:path'
import type { Mount } from '../../contract/docker.ts'
import { EngineError } from '../../contract/errors.ts'
import { parseSize } from '../format/bytes.ts'

/** The mounts of `-v`: what has a source, and the mount points of volumes without a name. */
export function parseVolumes(specs: string[]): { binds: string[]; volumes: Record<string, object> } {
  const binds = specs.filter((spec) => spec.includes(':')).map(fromHere)
  const bare = specs.filter((spec) => !spec.includes(':'))
  return { binds, volumes: Object.fromEntries(bare.map((path) => [path, {}])) }
}

/** A source that begins with a dot is a path, seen from here. */
function fromHere(spec: string): string {
  const at = spec.indexOf(':')
  const source = spec.slice(0, at)
  return /^\.{1,2}(\/|$)/.test(source) ? `${resolve(source)}${spec.slice(at)}` : spec
}

type Setter = (mount: Mount, value: string, key: string) => void

const flag = (key: string, value: string): boolean => {
  if (['', '1', 'true'].includes(value)) return true
  if (['0', 'false'].includes(value)) return false
  throw invalid(`${key}=${value}`, 'give true or false')
}

/** What each word of `--mount` sets; words of other kinds of mounts are refused by the engine, by name. */
const SETTERS: Record<string, Setter> = {
  type: (mount, value) => (mount.Type = value),
  source: (mount, value) => (mount.Source = value),
  target: (mount, value) => (mount.Target = value),
  readonly: (mount, value, key) => (mount.ReadOnly = flag(key, value)),
  consistency: (mount, value) => (mount.Consistency = value),
  'bind-propagation': (mount, value) => ((mount.BindOptions ??= {}).Propagation = value),
  'bind-nonrecursive': (mount, value, key) => ((mount.BindOptions ??= {}).NonRecursive = flag(key, value)),
  'bind-create-src': (mount, value, key) => ((mount.BindOptions ??= {}).CreateMountpoint = flag(key, value)),
  'volume-nocopy': (mount, value, key) => ((mount.VolumeOptions ??= {}).NoCopy = flag(key, value)),
  'volume-subpath': (mount, value) => ((mount.VolumeOptions ??= {}).Subpath = value),
  'volume-label': (mount, value) => {
    const options = (mount.VolumeOptions ??= {})
    options.Labels = { ...options.Labels, ...Object.fromEntries([pair(value)]) }
  },
  'volume-driver': (mount, value) => {
    const options = (mount.VolumeOptions ??= {})
    options.DriverConfig = { ...options.DriverConfig, Name: value }
  },
  'volume-opt': (mount, value) => {
    const options = (mount.VolumeOptions ??= {})
    const Options = { ...options.DriverConfig?.Options, ...Object.fromEntries([pair(value)]) }
    options.DriverConfig = { ...options.DriverConfig, Options }
  },
  'tmpfs-size': (mount, value) => ((mount.TmpfsOptions ??= {}).SizeBytes = parseSize(value)),
  'tmpfs-mode': (mount, value) => {
    if (!/^0?[0-7]{1,4}$/.test(value)) throw invalid(`tmpfs-mode=${value}`, 'write it in octal')
    ;(mount.TmpfsOptions ??= {}).Mode = parseInt(value, 8)
  },
}

const ALIASES: Record<string, string> = {
  src: 'source',
  dst: 'target',
  destination: 'target',
  ro: 'readonly',
}

/** `type=bind,source=/srv,target=/data,readonly`. Throws INVALID_ARGUMENT. */
export function parseMount(spec: string): Mount {
  const mount: Mount = { Type: 'volume' }
  for (const word of words(spec)) {
    const [key, value] = pair(word)
    const name = key.toLowerCase()
    const set = SETTERS[ALIASES[name] ?? name]
    if (!set) throw invalid(spec, `'${key}' is not known; known are ${Object.keys(SETTERS).join(', ')}`)
    set(mount, value, key)
  }
  if (mount.Type === 'bind' && mount.Source) mount.Source = resolve(mount.Source)
  return mount
}

/** A line of comma-separated values: a word in double quotes may hold commas. */
function words(spec: string): string[] {
  const found = [...spec.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,"]*))/g)]
  if (found.reduce((length, [all]) => length + all.length, 0) !== spec.length) {
    throw invalid(spec, 'a quote is not closed')
  }
  return found.map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? '')
}

function pair(word: string): [string, string] {
  const at = word.indexOf('=')
  return at < 0 ? [word, ''] : [word.slice(0, at), word.slice(at + 1)]
}

function invalid(what: string, advice: string): EngineError {
  return new EngineError('INVALID_ARGUMENT', `'${what}' cannot be mounted: ${advice}`)
}
