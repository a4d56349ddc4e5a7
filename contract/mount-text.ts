import type { Mount } from './docker.ts'
import { EngineError } from './errors.ts'
import { bytesOf } from './size.ts'

/** One word of docker's `--mount`: taken into a mount, and told of one. */
interface Word {
  name: string
  take(mount: Mount, value: string): void
  /** Its values there; an empty one stands for the name alone. */
  values(mount: Mount): string[]
}

const word = (
  name: string,
  get: (mount: Mount) => string | undefined,
  set: (mount: Mount, value: string) => void,
): Word => ({ name, take: set, values: (mount) => [get(mount) || []].flat() })

const flag = (
  name: string,
  get: (mount: Mount) => boolean | undefined,
  set: (mount: Mount, value: boolean) => void,
): Word => ({
  name,
  take: (mount, value) => set(mount, truth(name, value)),
  values: (mount) => (get(mount) ? [''] : []),
})

const pairs = (
  name: string,
  get: (mount: Mount) => Record<string, string> | null | undefined,
  set: (mount: Mount, all: Record<string, string>) => void,
): Word => ({
  name,
  take: (mount, value) => set(mount, { ...get(mount), ...Object.fromEntries([pair(value)]) }),
  values: (mount) =>
    Object.entries(get(mount) ?? {}).map(([key, value]) => (value ? `${key}=${value}` : key)),
})

const bind = (mount: Mount) => (mount.BindOptions ??= {})
const volume = (mount: Mount) => (mount.VolumeOptions ??= {})
const driver = (mount: Mount) => (volume(mount).DriverConfig ??= {})
const tmpfs = (mount: Mount) => (mount.TmpfsOptions ??= {})

/** Docker's words for what of a bind's inner mounts goes along. */
const RECURSIONS = {
  disabled: 'NonRecursive',
  writable: 'ReadOnlyNonRecursive',
  readonly: 'ReadOnlyForceRecursive',
} as const

/** In the order in which they are told. Words of other kinds of mounts are refused by the engine, by name. */
const WORDS: Word[] = [
  word('type', ({ Type }) => Type ?? 'volume', (mount, value) => (mount.Type = value)), // prettier-ignore
  word('src', ({ Source }) => Source, (mount, value) => (mount.Source = value)), // prettier-ignore
  word('dst', ({ Target }) => Target, (mount, value) => (mount.Target = value)), // prettier-ignore
  flag('readonly', ({ ReadOnly }) => ReadOnly, (mount, value) => (mount.ReadOnly = value)), // prettier-ignore
  word('consistency', ({ Consistency }) => Consistency, (mount, value) => (mount.Consistency = value)), // prettier-ignore
  word(
    'bind-propagation',
    ({ BindOptions }) => BindOptions?.Propagation,
    (mount, value) => (bind(mount).Propagation = value),
  ),
  flag(
    'bind-create-src',
    ({ BindOptions }) => BindOptions?.CreateMountpoint,
    (mount, value) => (bind(mount).CreateMountpoint = value),
  ),
  {
    name: 'bind-recursive',
    take(mount, value) {
      if (value === 'enabled') return
      if (!Object.hasOwn(RECURSIONS, value))
        throw invalid(`bind-recursive=${value}`, 'give enabled, disabled, writable or readonly')
      bind(mount)[RECURSIONS[value as keyof typeof RECURSIONS]] = true
    },
    values: ({ BindOptions }) =>
      Object.entries(RECURSIONS).flatMap(([value, key]) => (BindOptions?.[key] ? [value] : [])),
  },
  {
    name: 'bind-nonrecursive',
    take: (mount, value) => (bind(mount).NonRecursive = truth('bind-nonrecursive', value)),
    // It is told as bind-recursive=disabled.
    values: () => [],
  },
  flag(
    'volume-nocopy',
    ({ VolumeOptions }) => VolumeOptions?.NoCopy,
    (mount, value) => (volume(mount).NoCopy = value),
  ),
  word(
    'volume-subpath',
    ({ VolumeOptions }) => VolumeOptions?.Subpath,
    (mount, value) => (volume(mount).Subpath = value),
  ),
  pairs(
    'volume-label',
    ({ VolumeOptions }) => VolumeOptions?.Labels,
    (mount, all) => (volume(mount).Labels = all),
  ),
  word(
    'volume-driver',
    ({ VolumeOptions }) => VolumeOptions?.DriverConfig?.Name,
    (mount, value) => (driver(mount).Name = value),
  ),
  pairs(
    'volume-opt',
    ({ VolumeOptions }) => VolumeOptions?.DriverConfig?.Options,
    (mount, all) => (driver(mount).Options = all),
  ),
  {
    name: 'tmpfs-size',
    take(mount, value) {
      const bytes = bytesOf(value)
      if (bytes === undefined)
        throw invalid(`tmpfs-size=${value}`, 'write a number and a unit, for example 64m')
      tmpfs(mount).SizeBytes = bytes
    },
    values: ({ TmpfsOptions }) => (TmpfsOptions?.SizeBytes ? [String(TmpfsOptions.SizeBytes)] : []),
  },
  {
    name: 'tmpfs-mode',
    take(mount, value) {
      if (!/^0?[0-7]{1,4}$/.test(value)) throw invalid(`tmpfs-mode=${value}`, 'write it in octal')
      tmpfs(mount).Mode = parseInt(value, 8)
    },
    values: ({ TmpfsOptions }) => (TmpfsOptions?.Mode === undefined ? [] : [TmpfsOptions.Mode.toString(8)]),
  },
]

const ALIASES: Record<string, string> = {
  source: 'src',
  target: 'dst',
  destination: 'dst',
  ro: 'readonly',
}

/** Reads `type=bind,src=/srv,dst=/data,readonly`, as docker's `--mount` takes it. Throws INVALID_ARGUMENT. */
export function parseMount(spec: string): Mount {
  const mount: Mount = { Type: 'volume' }
  for (const each of values(spec)) {
    const [key, value] = pair(each)
    const lower = key.toLowerCase()
    const name = Object.hasOwn(ALIASES, lower) ? ALIASES[lower] : lower
    const found = WORDS.find((known) => known.name === name)
    if (!found)
      throw invalid(spec, `'${key}' is not known; known are ${WORDS.map((known) => known.name).join(', ')}`)
    found.take(mount, value)
  }
  return mount
}

/** As `parseMount` reads it. A tmpfs's further options for the kernel have no word there, and are left out. */
export function mountText(mount: Mount): string {
  const words = WORDS.flatMap(({ name, values }) =>
    values(mount).map((value) => (value ? `${name}=${value}` : name)),
  )
  return words.map((each) => (/[",\n]/.test(each) ? `"${each.replaceAll('"', '""')}"` : each)).join(',')
}

/** A line of comma-separated values: a word in double quotes may hold commas. */
function values(spec: string): string[] {
  const found = [...spec.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,"]*))/g)]
  if (found.reduce((length, [all]) => length + all.length, 0) !== spec.length) {
    throw invalid(spec, 'a quote is not closed')
  }
  return found.map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? '')
}

function pair(text: string): [string, string] {
  const at = text.indexOf('=')
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
}

function truth(name: string, value: string): boolean {
  if (['', '1', 'true'].includes(value)) return true
  if (['0', 'false'].includes(value)) return false
  throw invalid(`${name}=${value}`, 'give true or false')
}

function invalid(what: string, advice: string): EngineError {
  return new EngineError('INVALID_ARGUMENT', `'${what}' cannot be mounted: ${advice}`)
}
