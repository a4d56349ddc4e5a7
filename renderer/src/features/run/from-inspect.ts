import type { EndpointSettings } from '../../../../contract/docker-networks.ts'
import type { ContainerConfig, ContainerInspect, HostConfig } from '../../../../contract/docker.ts'
import { emptyModel, quoted, sizeText, type RunModel, type RunRest } from './model.ts'

/** The run that a container came of; what the image gave is left to the image. */
export function fromInspect(container: ContainerInspect, image?: ContainerConfig): RunModel {
  const { Config, HostConfig: host } = container
  const given = new Set(image?.Env ?? [])
  const command = [Config.Cmd ?? []].flat()
  const rest = {
    config: restOfConfig(container, image),
    host: restOfHost(host),
    ...restOfNetworks(container),
  }
  // An entrypoint of its own takes the image's command away.
  const same = !rest.config.Entrypoint && JSON.stringify(command) === JSON.stringify(image?.Cmd ?? [])
  const mode = host.NetworkMode ?? ''
  const network = ['', 'default', 'bridge'].includes(mode) ? '' : mode
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
    network,
    tty: Config.Tty ?? false,
    remove: host.AutoRemove ?? false,
    rest,
  }
}

function policyText(policy: HostConfig['RestartPolicy']): string {
  const name = policy?.Name || 'no'
  return name === 'on-failure' && policy?.MaximumRetryCount ? `${name}:${policy.MaximumRetryCount}` : name
}

function restOfConfig({ Id, Config }: ContainerInspect, image: ContainerConfig = {}): RunRest['config'] {
  const differs = <K extends keyof ContainerConfig>(key: K, otherwise?: ContainerConfig[K]): object => {
    const value = Config[key]
    const given = image[key] ?? otherwise ?? null
    return isSet(value) && JSON.stringify(value) !== JSON.stringify(given) ? { [key]: value } : {}
  }
  const labels = Object.entries(Config.Labels ?? {}).filter(([name, value]) => image.Labels?.[name] !== value)
  const exposed = Object.keys(Config.ExposedPorts ?? {}).filter((port) => !image.ExposedPorts?.[port])
  const volumes = Object.keys(Config.Volumes ?? {}).filter((path) => !image.Volumes?.[path])
  return {
    ...differs('User'),
    ...differs('WorkingDir', '/'),
    ...differs('Hostname', Id.slice(0, 12)),
    ...differs('Domainname'),
    ...differs('Entrypoint'),
    // Docker's word for none where the image has one.
    ...(isSet(image.Entrypoint) && !isSet(Config.Entrypoint) && { Entrypoint: [''] }),
    ...differs('StopSignal'),
    ...differs('StopTimeout'),
    ...differs('Healthcheck'),
    ...differs('Shell'),
    ...(labels.length > 0 && { Labels: Object.fromEntries(labels) }),
    ...(exposed.length > 0 && { ExposedPorts: Object.fromEntries(exposed.map((port) => [port, {}])) }),
    ...(volumes.length > 0 && { Volumes: Object.fromEntries(volumes.map((path) => [path, {}])) }),
  }
}

/** Fields of HostConfig that the form has, and those of which an empty list means none. */
const SHOWN = ['Binds', 'NetworkMode', 'PortBindings', 'RestartPolicy', 'AutoRemove', 'Memory', 'NanoCpus']
const NONE_COUNTS = ['MaskedPaths', 'ReadonlyPaths']

function restOfHost(host: HostConfig): RunRest['host'] {
  const counts = (key: string, value: unknown): boolean =>
    isSet(value) || (NONE_COUNTS.includes(key) && Array.isArray(value))
  return Object.fromEntries(
    Object.entries(host).filter(([key, value]) => !SHOWN.includes(key) && counts(key, value)),
  )
}

function restOfNetworks(container: ContainerInspect): Pick<RunRest, 'endpoint' | 'networks'> {
  const all = Object.entries(container.NetworkSettings.Networks ?? {})
  const mode = container.HostConfig.NetworkMode ?? ''
  const own = ['', 'default'].includes(mode) ? 'bridge' : mode
  const wanted = ({ IPAMConfig, Aliases, Links, GwPriority }: EndpointSettings): EndpointSettings =>
    Object.fromEntries(
      Object.entries({ IPAMConfig, Aliases, Links, GwPriority }).filter(([, each]) => isSet(each)),
    )
  const isOwn = ([name, { NetworkID }]: [string, EndpointSettings]): boolean =>
    [name, NetworkID].includes(own)
  return {
    endpoint: wanted(all.find(isOwn)?.[1] ?? {}),
    networks: Object.fromEntries(
      all.filter((each) => !isOwn(each)).map(([name, each]) => [name, wanted(each)]),
    ),
  }
}

function isSet(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0
  if (typeof value === 'object' && value !== null) return Object.values(value).some(isSet)
  return Boolean(value) && value !== 'default'
}
