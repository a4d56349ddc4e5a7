import type { EndpointSettings } from '../../../../contract/docker-networks.ts'
import type { ContainerConfig, ContainerInspect, HostConfig } from '../../../../contract/docker.ts'
import { endpointMac, natMac } from '../../../../contract/mac.ts'
import { emptyModel, quoted, sizeText, volumeRow, type RunModel, type RunRest } from './model.ts'

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
  return {
    ...emptyModel(Config.Image ?? container.Image),
    name: container.Name.replace(/^\//, ''),
    command: same ? '' : command.map(quoted).join(' '),
    ports: Object.entries(host.PortBindings ?? {}).flatMap(([key, list]) => {
      const [port = '', protocol = 'tcp'] = key.split('/') as [string, 'tcp' | 'udp' | undefined]
      // Without a word on where, it is published on a free port.
      return (list?.length ? list : [{}]).map(({ HostPort = '', HostIp = '' }) => ({
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
    volumes: (host.Binds ?? []).map(volumeRow),
    memory: sizeText(host.Memory ?? 0),
    cpus: host.NanoCpus ? String(host.NanoCpus / 1e9) : '',
    restart: policyText(host.RestartPolicy),
    network: networkOf(host),
    tty: Config.Tty ?? false,
    remove: host.AutoRemove ?? false,
    rest,
  }
}

/** Empty for the network that everybody is in. */
function networkOf({ NetworkMode = '' }: HostConfig): string {
  return ['', 'default', 'bridge'].includes(NetworkMode) ? '' : NetworkMode
}

function policyText(policy: HostConfig['RestartPolicy']): string {
  const name = policy?.Name || 'no'
  return name === 'on-failure' && policy?.MaximumRetryCount ? `${name}:${policy.MaximumRetryCount}` : name
}

/** What the form has, or what is put together below. */
const CONFIG_SHOWN = ['Image', 'Cmd', 'Env', 'Tty', 'OpenStdin', 'Labels', 'ExposedPorts', 'Volumes']

function restOfConfig(
  { Id, Config, HostConfig }: ContainerInspect,
  image: ContainerConfig = {},
): RunRest['config'] {
  const given: ContainerConfig = { ...image, Hostname: Id.slice(0, 12) }
  given.WorkingDir ||= '/'
  const own = Object.entries(Config).filter(
    ([key, value]) => !CONFIG_SHOWN.includes(key) && !isSame(value, given[key]),
  )
  const labels = Object.entries(Config.Labels ?? {}).filter(([name, value]) => image.Labels?.[name] !== value)
  const published = Object.keys(HostConfig.PortBindings ?? {})
  const exposed = Object.keys(Config.ExposedPorts ?? {}).filter(
    (port) => !image.ExposedPorts?.[port] && !published.includes(port),
  )
  const volumes = Object.keys(Config.Volumes ?? {}).filter((path) => !image.Volumes?.[path])
  const taken = without(image.Env, Config.Env)
  // An entrypoint that is given takes the image's command away, be it the image's own.
  const isBare = isNothing(Config.Cmd) && !isNothing(image.Cmd)
  return {
    ...Object.fromEntries(own),
    ...(isBare && { Entrypoint: Config.Entrypoint }),
    // Docker's word for none where the image has one.
    ...(isNothing(Config.Entrypoint) && !isNothing(image.Entrypoint) && { Entrypoint: [''] }),
    ...((Config.OpenStdin ?? false) !== (Config.Tty ?? false) && { OpenStdin: Config.OpenStdin ?? false }),
    ...(taken.length > 0 && { Env: taken }),
    ...(labels.length > 0 && { Labels: Object.fromEntries(labels) }),
    ...(exposed.length > 0 && { ExposedPorts: Object.fromEntries(exposed.map((port) => [port, {}])) }),
    ...(volumes.length > 0 && { Volumes: Object.fromEntries(volumes.map((path) => [path, {}])) }),
  }
}

/** Names of variables of an image that a container has no more. */
function without(image: string[] | null | undefined, own: string[] | null | undefined): string[] {
  const names = (list: string[] | null | undefined): string[] => (list ?? []).map((each) => each.split('=', 1)[0]!) // prettier-ignore
  const has = new Set(names(own))
  return names(image).filter((name) => !has.has(name))
}

/** Fields of HostConfig that the form has; all others go along as they are. */
const HOST_SHOWN = ['Binds', 'PortBindings', 'RestartPolicy', 'AutoRemove', 'Memory', 'NanoCpus']

function restOfHost(host: HostConfig): RunRest['host'] {
  const isShown = (key: string): boolean =>
    HOST_SHOWN.includes(key) || (key === 'NetworkMode' && networkOf(host) !== '')
  return Object.fromEntries(Object.entries(host).filter(([key]) => !isShown(key)))
}

function restOfNetworks(container: ContainerInspect): Pick<RunRest, 'endpoint' | 'networks'> {
  const all = Object.entries(container.NetworkSettings.Networks ?? {})
  const own = networkOf(container.HostConfig) || 'bridge'
  const isOwn = ([name, { NetworkID }]: [string, EndpointSettings]): boolean =>
    [name, NetworkID].includes(own)
  return {
    endpoint: wanted(container, all.find(isOwn)?.[1] ?? {}),
    networks: Object.fromEntries(
      all.filter((each) => !isOwn(each)).map(([name, each]) => [name, wanted(container, each)]),
    ),
  }
}

/** Of how it is in a network what was asked for, not what it was given for this run. */
function wanted({ Id }: ContainerInspect, settings: EndpointSettings): EndpointSettings {
  const { IPAMConfig, Aliases, Links, GwPriority, MacAddress, IPAddress, EndpointID = '' } = settings
  const given = [natMac(Id), endpointMac(IPAddress, EndpointID)]
  const all = { IPAMConfig, Aliases, Links, GwPriority, MacAddress: given.includes(MacAddress ?? '') ? '' : MacAddress } // prettier-ignore
  return Object.fromEntries(Object.entries(all).filter(([, each]) => each !== 0 && !isNothing(each)))
}

const isSame = (one: unknown, other: unknown): boolean =>
  (isNothing(one) && isNothing(other)) || JSON.stringify(one) === JSON.stringify(other)

/** 0 is something: a container that is given no seconds to stop is not one of which nothing is said. */
function isNothing(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.keys(value).length === 0
  return value === undefined || value === null || value === '' || value === false
}
