import type { EndpointSettings } from '../../../../contract/docker-networks.ts'
import type { ContainerCreateRequest, HostConfig } from '../../../../contract/docker.ts'
import { bytesOf } from '../../../../contract/size.ts'

export interface RunModel {
  image: string
  name: string
  /** As it is typed: words, with quotes where they hold blanks. */
  command: string
  ports: { host: string; container: string; protocol: 'tcp' | 'udp'; address: string }[]
  env: { name: string; value: string }[]
  volumes: VolumeRow[]
  /** `512m`; empty for the engine's default. */
  memory: string
  cpus: string
  restart: string
  network: string
  tty: boolean
  remove: boolean
  /** What the form does not show, and sends all the same. */
  rest: RunRest
}

export interface VolumeRow {
  source: string
  target: string
  readOnly: boolean
  /** The third part of `SOURCE:TARGET:MODE`, as it was found. */
  mode: string
}

export interface RunRest {
  /** Its `Env` are names alone: of the image's variables those that are taken away. */
  config: Partial<ContainerCreateRequest>
  host: Partial<HostConfig>
  /** How it is in the network that the form shows. */
  endpoint: EndpointSettings
  /** The other networks that it is in, by name. */
  networks: Record<string, EndpointSettings>
}

export const emptyModel = (image = ''): RunModel => ({
  image,
  name: '',
  command: '',
  ports: [],
  env: [],
  volumes: [],
  memory: '',
  cpus: '',
  restart: 'no',
  network: '',
  tty: false,
  remove: false,
  rest: { config: {}, host: {}, endpoint: {}, networks: {} },
})

type LimitProblem = { field: 'memory' | 'cpus'; kind: 'size' | 'number'; value: string }
export type Problem = { field: 'image' | 'ports'; kind: 'image' | 'port'; value: string } | LimitProblem

/** What keeps it from being run. */
export function problems(model: RunModel): Problem[] {
  const found: Problem[] = []
  if (!model.image.trim()) found.push({ field: 'image', kind: 'image', value: '' })
  found.push(...limitProblems(model))
  for (const { host, container } of model.ports) {
    // One of a range is a port that is free.
    const wrong = [container, ...(host ? host.split('-') : [])].find((port) => !isPort(port))
    if (wrong !== undefined) found.push({ field: 'ports', kind: 'port', value: wrong })
  }
  return found
}

/** What keeps these from being limits; empty is none. */
export function limitProblems({ memory, cpus }: Pick<RunModel, 'memory' | 'cpus'>): LimitProblem[] {
  const found: LimitProblem[] = []
  if (memory && bytesOf(memory) === undefined) found.push({ field: 'memory', kind: 'size', value: memory })
  if (cpus && !/^\d*\.?\d+$/.test(cpus)) found.push({ field: 'cpus', kind: 'number', value: cpus })
  return found
}

const isPort = (text: string): boolean =>
  /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535

/** As `bytesOf` reads it; nothing for 0. */
export function sizeText(bytes: number): string {
  if (bytes === 0) return ''
  for (const [unit, length] of [
    ['g', 1024 ** 3],
    ['m', 1024 ** 2],
    ['k', 1024],
  ] as const) {
    if (bytes % length === 0) return `${bytes / length}${unit}`
  }
  return String(bytes)
}

/** The words of a line, as a shell takes them apart. Undefined where a quotation mark is not closed. */
export function words(line: string): string[] | undefined {
  const found: string[] = []
  let word: string | undefined
  for (let at = 0; at < line.length; at++) {
    const char = line[at]!
    const isContinued = char === '\\' && /^\r?\n/.test(line.slice(at + 1))
    if (isContinued || /\s/.test(char)) {
      if (word !== undefined) found.push(word)
      word = undefined
    } else if (char === "'") {
      const end = line.indexOf("'", at + 1)
      if (end < 0) return undefined
      word = (word ?? '') + line.slice(at + 1, end)
      at = end
    } else if (char === '"') {
      let quoted = ''
      for (at++; line[at] !== '"'; at++) {
        if (at >= line.length) return undefined
        if (line[at] === '\\' && '"\\$`\n'.includes(line[at + 1] ?? ' ')) at++
        // A line that goes on after a backslash is one line.
        if (line[at] !== '\n' || line[at - 1] !== '\\') quoted += line[at]
      }
      word = (word ?? '') + quoted
    } else if (char === '\\') word = (word ?? '') + (line[++at] ?? '')
    else word = (word ?? '') + char
  }
  if (word !== undefined) found.push(word)
  return found
}

/** A word as a shell takes it. */
export const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`

/** A row of `SOURCE:TARGET[:MODE]`, or of a volume's target alone. */
export function volumeRow(text: string): VolumeRow {
  const [first = '', second, mode = ''] = text.split(':')
  const [source, target] = second === undefined ? ['', first] : [first, second]
  return { source, target, readOnly: mode.split(',').includes('ro'), mode }
}

/** As `volumeRow` reads it. */
export function volumeText({ source, target, readOnly, mode }: VolumeRow): string {
  // Only a volume is copied into.
  const before = mode
    .split(',')
    .filter((word) => word && !(source.startsWith('/') && ['copy', 'nocopy'].includes(word)))
  const others = before.filter((word) => word !== 'ro' && !(readOnly && word === 'rw'))
  const words = before.includes('ro') === readOnly ? before : [...others, ...(readOnly ? ['ro'] : [])]
  return [...(source ? [source] : []), target, ...(source && words.length > 0 ? [words.join(',')] : [])].join(
    ':',
  )
}

export function requestOf(model: RunModel): ContainerCreateRequest {
  const { config, host, endpoint, networks } = model.rest
  const bindings: NonNullable<HostConfig['PortBindings']> = {}
  for (const { host: HostPort, container, protocol, address } of model.ports) {
    const key = `${container}/${protocol}`
    bindings[key] = [...(bindings[key] ?? []), { HostIp: address, HostPort }]
  }
  const command = words(model.command) ?? []
  const nameless = model.volumes.filter(({ source, target }) => !source && target)
  const own = Object.keys(endpoint).length > 0 ? { [model.network || 'bridge']: endpoint } : {}
  const endpoints = { ...own, ...networks }
  const env = model.env.filter(({ name }) => name).map(({ name, value }) => `${name}=${value}`)
  const named = new Set(model.env.map(({ name }) => name))
  return {
    ...config,
    Image: model.image.trim(),
    Cmd: command.length > 0 ? command : null,
    Env: [...env, ...(config.Env ?? []).filter((name) => !named.has(name))],
    Tty: model.tty,
    OpenStdin: config.OpenStdin ?? model.tty,
    ExposedPorts: {
      ...config.ExposedPorts,
      ...Object.fromEntries(Object.keys(bindings).map((key) => [key, {}])),
    },
    ...(nameless.length > 0 && {
      Volumes: { ...config.Volumes, ...Object.fromEntries(nameless.map(({ target }) => [target, {}])) },
    }),
    ...(Object.keys(endpoints).length > 0 && { NetworkingConfig: { EndpointsConfig: endpoints } }),
    HostConfig: {
      ...host,
      PortBindings: bindings,
      Binds: model.volumes.filter(({ source, target }) => source && target).map(volumeText),
      Memory: model.memory ? bytesOf(model.memory) : 0,
      NanoCpus: model.cpus ? Math.round(Number(model.cpus) * 1e9) : 0,
      // Both say the same thing, and what is in the form is what is meant.
      ...(model.cpus && host['CpuQuota'] ? { CpuQuota: 0, CpuPeriod: 0 } : {}),
      RestartPolicy: restartPolicy(model.restart),
      AutoRemove: model.remove,
      ...(model.network && { NetworkMode: model.network }),
    },
  }
}

function restartPolicy(text: string): HostConfig['RestartPolicy'] {
  const [Name, times] = text.split(':') as ['no' | 'always', string | undefined]
  return { Name, MaximumRetryCount: Number(times ?? 0) }
}
