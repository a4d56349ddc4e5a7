import type {
  ContainerConfig,
  ContainerCreateRequest,
  ContainerInspect,
  HostConfig,
} from '../../../../contract/docker.ts'

export interface RunModel {
  image: string
  name: string
  /** As it is typed: words, with quotes where they hold blanks. */
  command: string
  ports: { host: string; container: string; protocol: 'tcp' | 'udp'; address: string }[]
  env: { name: string; value: string }[]
  volumes: { source: string; target: string; readOnly: boolean }[]
  /** `512m`; empty for the engine's default. */
  memory: string
  cpus: string
  restart: string
  network: string
  tty: boolean
  remove: boolean
  /** What the form does not show, and sends all the same. */
  rest: { config: Partial<ContainerCreateRequest>; host: Partial<HostConfig> }
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
  rest: { config: {}, host: {} },
})

type LimitProblem = { field: 'memory' | 'cpus'; kind: 'size' | 'number'; value: string }
export type Problem = { field: 'image' | 'ports'; kind: 'image' | 'port'; value: string } | LimitProblem

/** What keeps it from being run. */
export function problems(model: RunModel): Problem[] {
  const found: Problem[] = []
  if (!model.image.trim()) found.push({ field: 'image', kind: 'image', value: '' })
  found.push(...limitProblems(model))
  for (const { host, container } of model.ports) {
    const wrong = [container, ...(host ? [host] : [])].find((port) => !isPort(port))
    if (wrong !== undefined) found.push({ field: 'ports', kind: 'port', value: wrong })
  }
  return found
}

/** What keeps these from being limits; empty is none. */
export function limitProblems({ memory, cpus }: Pick<RunModel, 'memory' | 'cpus'>): LimitProblem[] {
  const found: LimitProblem[] = []
  if (memory && parseSize(memory) === undefined) found.push({ field: 'memory', kind: 'size', value: memory })
  if (cpus && !/^\d*\.?\d+$/.test(cpus)) found.push({ field: 'cpus', kind: 'number', value: cpus })
  return found
}

const isPort = (text: string): boolean =>
  /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535

/** Bytes of `512m`, in powers of 1024, as Docker reads them. */
export function parseSize(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?) ?(?:([kmgt])(?:i?b)?|b)?$/i.exec(text.trim())
  if (!match) return undefined
  const power = match[2] ? 'kmgt'.indexOf(match[2].toLowerCase()) + 1 : 0
  return Math.floor(Number(match[1]) * 1024 ** power)
}

/** As `parseSize` reads it; nothing for 0. */
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
  const joined = line.replace(/\\\r?\n/g, ' ')
  for (let at = 0; at < joined.length; at++) {
    const char = joined[at]!
    if (/\s/.test(char)) {
      if (word !== undefined) found.push(word)
      word = undefined
    } else if (char === "'") {
      const end = joined.indexOf("'", at + 1)
      if (end < 0) return undefined
      word = (word ?? '') + joined.slice(at + 1, end)
      at = end
    } else if (char === '"') {
      let quoted = ''
      for (at++; joined[at] !== '"'; at++) {
        if (at >= joined.length) return undefined
        if (joined[at] === '\\' && '"\\$`'.includes(joined[at + 1] ?? ' ')) at++
        quoted += joined[at]
      }
      word = (word ?? '') + quoted
    } else if (char === '\\') word = (word ?? '') + (joined[++at] ?? '')
    else word = (word ?? '') + char
  }
  if (word !== undefined) found.push(word)
  return found
}

/** A word as a shell takes it. */
export const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`

export function requestOf(model: RunModel): ContainerCreateRequest {
  const { config, host } = model.rest
  const bindings: NonNullable<HostConfig['PortBindings']> = {}
  for (const { host: HostPort, container, protocol, address } of model.ports) {
    const key = `${container}/${protocol}`
    bindings[key] = [...(bindings[key] ?? []), { HostIp: address, HostPort }]
  }
  const command = words(model.command) ?? []
  return {
    ...config,
    Image: model.image.trim(),
    Cmd: command.length > 0 ? command : null,
    Env: model.env.filter(({ name }) => name).map(({ name, value }) => `${name}=${value}`),
    Tty: model.tty,
    OpenStdin: model.tty,
    ExposedPorts: Object.fromEntries(Object.keys(bindings).map((key) => [key, {}])),
    HostConfig: {
      ...host,
      PortBindings: bindings,
      Binds: model.volumes
        .filter(({ target }) => target)
        .map(({ source, target, readOnly }) => `${source}:${target}${readOnly ? ':ro' : ''}`),
      Memory: model.memory ? parseSize(model.memory) : 0,
      NanoCpus: model.cpus ? Math.round(Number(model.cpus) * 1e9) : 0,
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

/** The run that a container came of; what the image gave is left to the image. */
export function fromInspect(container: ContainerInspect, image?: ContainerConfig): RunModel {
  const { Config, HostConfig: host } = container
  const given = new Set(image?.Env ?? [])
  const command = Array.isArray(Config.Cmd) ? Config.Cmd : []
  const same = JSON.stringify(command) === JSON.stringify(image?.Cmd ?? null)
  const network = host.NetworkMode
  return {
    ...emptyModel(Config.Image ?? container.Image),
    name: container.Name.replace(/^\//, ''),
    command: same ? '' : command.map(quoted).join(' '),
    ports: Object.entries(host.PortBindings ?? {}).flatMap(([key, list]) => {
      const [port = '', protocol = 'tcp'] = key.split('/') as [string, 'tcp' | 'udp' | undefined]
      return (list ?? []).map(({ HostPort = '', HostIp = '' }) => ({
        host: HostPort,
        container: port,
        protocol,
        address: HostIp,
      }))
    }),
    env: (Config.Env ?? [])
      .filter((each) => !given.has(each))
      .map((each) => {
        const at = each.indexOf('=')
        return { name: at < 0 ? each : each.slice(0, at), value: at < 0 ? '' : each.slice(at + 1) }
      }),
    volumes: (host.Binds ?? []).map((bind) => {
      const [source = '', target = '', mode] = bind.split(':')
      return { source, target, readOnly: mode?.split(',').includes('ro') ?? false }
    }),
    memory: sizeText(host.Memory ?? 0),
    cpus: host.NanoCpus ? String(host.NanoCpus / 1e9) : '',
    restart: policyText(host.RestartPolicy),
    network: network && !['default', 'bridge'].includes(network) ? network : '',
    tty: Config.Tty ?? false,
    remove: host.AutoRemove ?? false,
    rest: { config: restOfConfig(Config, image), host: restOfHost(host) },
  }
}

function policyText(policy: HostConfig['RestartPolicy']): string {
  const name = policy?.Name || 'no'
  return name === 'on-failure' && policy?.MaximumRetryCount ? `${name}:${policy.MaximumRetryCount}` : name
}

function restOfConfig(
  config: ContainerInspect['Config'],
  image: {
    Cmd?: unknown
    Entrypoint?: unknown
    User?: string
    WorkingDir?: string
    Labels?: Record<string, string> | null
  } = {},
): Partial<ContainerCreateRequest> {
  const { User, WorkingDir, Labels, Entrypoint, StopSignal, StopTimeout, Healthcheck } = config
  const labels = Object.entries(Labels ?? {}).filter(([name, value]) => image.Labels?.[name] !== value)
  const all = {
    User: User && User !== image.User ? User : undefined,
    WorkingDir: WorkingDir && WorkingDir !== (image.WorkingDir || '/') ? WorkingDir : undefined,
    Labels: labels.length > 0 ? Object.fromEntries(labels) : undefined,
    Entrypoint:
      JSON.stringify(Entrypoint ?? null) === JSON.stringify(image.Entrypoint ?? null)
        ? undefined
        : Entrypoint,
    StopSignal: StopSignal || undefined,
    StopTimeout: StopTimeout ?? undefined,
    Healthcheck: Healthcheck ?? undefined,
  }
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined && value !== null))
}

const KEPT = [
  'ReadonlyRootfs',
  'Tmpfs',
  'CapAdd',
  'CapDrop',
  'Privileged',
  'GroupAdd',
  'ExtraHosts',
  'Dns',
  'ShmSize',
  'Ulimits',
  'Sysctls',
  'SecurityOpt',
  'Init',
  'Isolation',
  'PublishAllPorts',
]

function restOfHost(host: HostConfig): Partial<HostConfig> {
  return Object.fromEntries(KEPT.filter((key) => isSet(host[key])).map((key) => [key, host[key]]))
}

function isSet(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0
  return Boolean(value) && value !== 'default'
}
