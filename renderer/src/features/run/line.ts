import { EngineError } from '../../../../contract/errors.ts'
import { text } from '../../text/index.ts'
import { FLAGS } from './flags.ts'
import { emptyModel, quoted, volumeRow, volumeText, words, type RunModel } from './model.ts'

/** The line of docker that does the same. */
export function toLine(model: RunModel): string {
  const flags: (string | [string, string])[] = [
    '-d',
    ...switches(model),
    ...(model.remove ? ['--rm'] : []),
    ...(model.name ? [['--name', model.name] as [string, string]] : []),
    ...model.ports.map((port): [string, string] => ['-p', portText(port)]),
    ...model.env
      .filter(({ name }) => name)
      .map(({ name, value }): [string, string] => ['-e', `${name}=${value}`]),
    ...(model.rest.config.Env ?? []).map((name): [string, string] => ['-e', name]),
    ...model.volumes
      .filter(({ target }) => target)
      .map((volume): [string, string] => ['-v', volumeText(volume)]),
    ...(model.memory ? [['-m', model.memory] as [string, string]] : []),
    ...(model.cpus ? [['--cpus', model.cpus] as [string, string]] : []),
    ...(model.restart !== 'no' ? [['--restart', model.restart] as [string, string]] : []),
    ...(model.network ? [['--network', model.network] as [string, string]] : []),
    ...Object.keys(model.rest.networks).map((name): [string, string] => ['--network', name]),
    ...FLAGS.flatMap(({ name, short, isSwitch, values }) =>
      values(model.rest).map((value): string | [string, string] => {
        const flag = short ? `-${short}` : `--${name}`
        return isSwitch ? flag : [flag, value]
      }),
    ),
  ]
  const told = flags.map((flag) => (typeof flag === 'string' ? flag : `${flag[0]} ${quoted(flag[1])}`))
  return [
    'docker run',
    ...told,
    quoted(model.image.trim() || 'IMAGE'),
    // The flag takes one word; what follows the image is executed just the same.
    ...[model.rest.config.Entrypoint ?? []].flat().slice(1).map(quoted),
    ...(words(model.command) ?? []).map(quoted),
  ].join(' ')
}

function switches({ tty, rest }: RunModel): string[] {
  const interactive = rest.config.OpenStdin ?? tty
  return tty || interactive ? [`-${interactive ? 'i' : ''}${tty ? 't' : ''}`] : []
}

function portText({ host, container, protocol, address }: RunModel['ports'][0]): string {
  const inside = protocol === 'udp' ? `${container}/udp` : container
  const outside = address
    ? `${address.includes(':') ? `[${address}]` : address}:${host}:`
    : host
      ? `${host}:`
      : ''
  return `${outside}${inside}`
}

type Taker = (model: RunModel, value: string) => void

/** Flags with a value, by all their names. */
const VALUES: Record<string, Taker> = {
  name: (model, value) => (model.name = value),
  publish: (model, value) => model.ports.push(parsePort(value)),
  env: (model, value) => model.env.push({ name: before(value, '='), value: after(value, '=') }),
  volume: (model, value) => model.volumes.push(volumeRow(value)),
  memory: (model, value) => (model.memory = value),
  cpus: (model, value) => (model.cpus = value),
  restart: (model, value) => (model.restart = value),
  network(model, value) {
    if (model.network) model.rest.networks[value] = {}
    else model.network = value
  },
  // Where to pull from, and what happens to keys, is no matter of the container.
  pull: () => {},
  'detach-keys': () => {},
  platform: () => {},
}

const SWITCHES: Record<string, (model: RunModel) => void> = {
  detach: () => {},
  interactive: ({ rest }) => (rest.config.OpenStdin = true),
  tty: (model) => (model.tty = true),
  rm: (model) => (model.remove = true),
}

const SHORT: Record<string, string> = {
  p: 'publish',
  e: 'env',
  v: 'volume',
  m: 'memory',
  d: 'detach',
  i: 'interactive',
  t: 'tty',
  ...Object.fromEntries(FLAGS.flatMap(({ name, short }) => (short ? [[short, name]] : []))),
}
const SAME: Record<string, string> = { net: 'network' }

for (const { name, isSwitch, take } of FLAGS) {
  if (isSwitch) SWITCHES[name] = ({ rest }) => void take(rest, '')
  else {
    VALUES[name] = ({ rest }, value) => {
      if (!take(rest, value)) throw wrong(text.run.errors.value(`--${name}`, value))
    }
  }
}

/** The form that a line of `docker run` fills. Throws INVALID_ARGUMENT, naming what it does not know. */
export function fromLine(line: string): RunModel {
  const rest = words(line)
  if (!rest) throw wrong(text.run.errors.quote)
  while (['sudo', 'docker', 'podman', 'ramet', 'container', '$'].includes(rest[0] ?? '')) rest.shift()
  if (!['run', 'create'].includes(rest.shift() ?? '')) throw wrong(text.run.errors.noCommand)
  const model = emptyModel()
  while (rest[0]?.startsWith('-') && rest[0] !== '-') take(model, rest.shift()!, rest)
  const image = rest.shift()
  if (!image) throw wrong(text.run.errors.noImage)
  const { OpenStdin = false, ...config } = model.rest.config
  model.rest.config = OpenStdin === model.tty ? config : { ...config, OpenStdin }
  return { ...model, image, command: rest.map(quoted).join(' ') }
}

function take(model: RunModel, flag: string, rest: string[]): void {
  if (!flag.startsWith('--')) return takeShort(model, flag.slice(1), rest)
  const given = flag.includes('=') ? after(flag, '=') : undefined
  const written = before(flag, '=').slice(2)
  const name = SAME[written] ?? written
  if (Object.hasOwn(SWITCHES, name)) {
    if (given !== 'false') SWITCHES[name]!(model)
  } else if (Object.hasOwn(VALUES, name)) {
    const value = given ?? rest.shift()
    if (value === undefined) throw wrong(text.run.errors.noValue(flag))
    VALUES[name]!(model, value)
  } else throw wrong(text.run.errors.unknownFlag(before(flag, '=')))
}

/** `-it`, `-p 80:80`, `-p80:80`. */
function takeShort(model: RunModel, letters: string, rest: string[]): void {
  for (let at = 0; at < letters.length; at++) {
    const name = SHORT[letters[at]!]
    if (!name) throw wrong(text.run.errors.unknownFlag(`-${letters[at]}`))
    if (Object.hasOwn(SWITCHES, name)) {
      SWITCHES[name]!(model)
      continue
    }
    const value = letters.slice(at + 1).replace(/^=/, '') || rest.shift()
    if (value === undefined) throw wrong(text.run.errors.noValue(`-${letters[at]}`))
    VALUES[name]!(model, value)
    return
  }
}

function parsePort(spec: string): RunModel['ports'][0] {
  const match = /^(?:(?:(\[[0-9a-f:.]+\]|[\d.]*):)?(\d*):)?(\d+)(?:\/(tcp|udp))?$/i.exec(spec)
  if (!match) throw wrong(text.run.errors.port(spec))
  const [, address = '', host = '', container = '', protocol = 'tcp'] = match
  const kind = protocol.toLowerCase() === 'udp' ? 'udp' : 'tcp'
  return { host, container, protocol: kind, address: address.replace(/^\[|\]$/g, '') }
}

const before = (value: string, mark: string): string =>
  value.includes(mark) ? value.slice(0, value.indexOf(mark)) : value
const after = (value: string, mark: string): string =>
  value.includes(mark) ? value.slice(value.indexOf(mark) + 1) : ''
const wrong = (message: string): EngineError => new EngineError('INVALID_ARGUMENT', message)
