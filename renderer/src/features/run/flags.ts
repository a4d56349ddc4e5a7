import type { HostConfig } from '../../../../contract/docker.ts'
import { mountText, parseMount } from '../../../../contract/mount-text.ts'
import { bytesOf } from '../../../../contract/size.ts'
import { sizeText, type RunRest } from './model.ts'

/** A flag of `docker run` for what the form has no field of: told of `rest`, and taken into it. */
export interface Flag {
  name: string
  short?: string
  /** Its values, where it is set; a switch has one that is empty. */
  values(rest: RunRest): string[]
  /** False where the value cannot be. */
  take(rest: RunRest, value: string): boolean
  isSwitch?: boolean
}

type ListKey =
  | 'CapAdd'
  | 'CapDrop'
  | 'GroupAdd'
  | 'SecurityOpt'
  | 'VolumesFrom'
  | 'ExtraHosts'
  | 'Links'
  | 'Dns'
  | 'DnsSearch'
  | 'DnsOptions'
type NumberKey = 'PidsLimit' | 'OomScoreAdj' | 'CpuShares' | 'CpuQuota' | 'CpuPeriod' | 'BlkioWeight'
type ConfigKey = 'User' | 'WorkingDir' | 'Hostname' | 'Domainname' | 'StopSignal'

const config = (name: string, key: ConfigKey, short?: string): Flag => ({
  name,
  short,
  values: ({ config: { [key]: value } }) => (value ? [value] : []),
  take: (rest, value) => set(rest.config, key, value),
})
const host = (name: string, key: 'Isolation' | 'CpusetCpus' | 'CgroupnsMode'): Flag => ({
  name,
  values: ({ host }) => (host[key] && host[key] !== 'default' ? [String(host[key])] : []),
  take: (rest, value) => set(rest.host as HostConfig, key, value),
})
const list = (name: string, key: ListKey): Flag => ({
  name,
  values: (rest) => rest.host[key] ?? [],
  take: (rest, value) => set(rest.host, key, [...(rest.host[key] ?? []), value]),
})
const map = (name: string, key: 'Tmpfs' | 'Sysctls', mark: string): Flag => ({
  name,
  values: (rest) => Object.entries(rest.host[key] ?? {}).map((each) => joined(each, mark)),
  take: (rest, value) => set(rest.host, key, { ...rest.host[key], ...pair(value, mark) }),
})
const number = (name: string, key: NumberKey): Flag => ({
  name,
  values: (rest) => (rest.host[key] ? [String(rest.host[key])] : []),
  take: (rest, value) => /^-?\d+$/.test(value) && set(rest.host as HostConfig, key, Number(value)),
})
const size = (name: string, key: 'ShmSize' | 'MemoryReservation'): Flag => ({
  name,
  values: ({ host: { [key]: bytes } }) => (bytes ? [sizeText(bytes)] : []),
  take(rest, value) {
    const bytes = bytesOf(value)
    return bytes !== undefined && set(rest.host, key, bytes)
  },
})
const on = (
  name: string,
  key: 'ReadonlyRootfs' | 'Privileged' | 'Init' | 'PublishAllPorts',
  short?: string,
): Flag => ({
  name,
  short,
  isSwitch: true,
  values: (rest) => (rest.host[key] ? [''] : []),
  take: (rest, value) => set(rest.host, key, value !== 'false'),
})
const health = (name: string, key: 'Interval' | 'Timeout' | 'StartPeriod' | 'Retries'): Flag => ({
  name,
  values: ({ config: { Healthcheck } }) => {
    const value = Healthcheck?.[key]
    return value ? [key === 'Retries' ? String(value) : `${value / 1e9}s`] : []
  },
  take(rest, value) {
    const found = key === 'Retries' ? Number(value) : nanoseconds(value)
    return found > 0 && set(rest.config, 'Healthcheck', { ...rest.config.Healthcheck, [key]: found })
  },
})

/** In the order in which a line tells of them. */
export const FLAGS: Flag[] = [
  config('user', 'User', 'u'),
  config('workdir', 'WorkingDir', 'w'),
  config('hostname', 'Hostname', 'h'),
  config('domainname', 'Domainname'),
  {
    name: 'entrypoint',
    values: ({ config: { Entrypoint } }) => [Entrypoint ?? []].flat().slice(0, 1),
    take: (rest, value) => set(rest.config, 'Entrypoint', [value]),
  },
  {
    name: 'label',
    short: 'l',
    values: ({ config: { Labels } }) =>
      Object.entries(Labels ?? {}).map(([name, value]) => `${name}=${value}`),
    take: (rest, value) => set(rest.config, 'Labels', { ...rest.config.Labels, ...pair(value, '=') }),
  },
  {
    name: 'expose',
    values: ({ config: { ExposedPorts } }) =>
      Object.keys(ExposedPorts ?? {}).map((port) => port.replace('/tcp', '')),
    take(rest, value) {
      const port = value.includes('/') ? value : `${value}/tcp`
      return (
        /^\d+\/(tcp|udp)$/.test(port) &&
        set(rest.config, 'ExposedPorts', { ...rest.config.ExposedPorts, [port]: {} })
      )
    },
  },
  config('stop-signal', 'StopSignal'),
  {
    name: 'stop-timeout',
    values: ({ config: { StopTimeout } }) => (StopTimeout === undefined ? [] : [String(StopTimeout)]),
    take: (rest, value) => /^-?\d+$/.test(value) && set(rest.config, 'StopTimeout', Number(value)),
  },
  {
    name: 'health-cmd',
    values: ({ config: { Healthcheck } }) => {
      const [kind, ...rest] = Healthcheck?.Test ?? []
      return kind === 'CMD-SHELL' || kind === 'CMD' ? [rest.join(' ')] : []
    },
    take: (rest, value) =>
      set(rest.config, 'Healthcheck', { ...rest.config.Healthcheck, Test: ['CMD-SHELL', value] }),
  },
  health('health-interval', 'Interval'),
  health('health-timeout', 'Timeout'),
  health('health-start-period', 'StartPeriod'),
  health('health-retries', 'Retries'),
  {
    name: 'no-healthcheck',
    isSwitch: true,
    values: ({ config: { Healthcheck } }) => (Healthcheck?.Test?.[0] === 'NONE' ? [''] : []),
    take: (rest) => set(rest.config, 'Healthcheck', { Test: ['NONE'] }),
  },
  on('read-only', 'ReadonlyRootfs'),
  on('privileged', 'Privileged'),
  on('init', 'Init'),
  on('publish-all', 'PublishAllPorts', 'P'),
  list('cap-add', 'CapAdd'),
  list('cap-drop', 'CapDrop'),
  list('group-add', 'GroupAdd'),
  list('security-opt', 'SecurityOpt'),
  map('tmpfs', 'Tmpfs', ':'),
  {
    name: 'mount',
    values: ({ host: { Mounts } }) => (Mounts ?? []).map(mountText),
    take(rest, value) {
      const mount = parseMount(value)
      return Boolean(mount.Target) && set(rest.host, 'Mounts', [...(rest.host.Mounts ?? []), mount])
    },
  },
  list('volumes-from', 'VolumesFrom'),
  map('sysctl', 'Sysctls', '='),
  {
    name: 'ulimit',
    values: ({ host: { Ulimits } }) =>
      (Ulimits ?? []).map(({ Name, Soft, Hard }) => `${Name}=${Soft}:${Hard}`),
    take(rest, value) {
      const [, Name, soft, hard = soft] = /^(\w+)=(-?\d+)(?::(-?\d+))?$/.exec(value) ?? []
      if (!Name) return false
      const limit = { Name, Soft: Number(soft), Hard: Number(hard) }
      return set(rest.host, 'Ulimits', [...(rest.host.Ulimits ?? []), limit])
    },
  },
  size('shm-size', 'ShmSize'),
  size('memory-reservation', 'MemoryReservation'),
  number('pids-limit', 'PidsLimit'),
  number('oom-score-adj', 'OomScoreAdj'),
  number('cpu-shares', 'CpuShares'),
  number('cpu-quota', 'CpuQuota'),
  number('cpu-period', 'CpuPeriod'),
  number('blkio-weight', 'BlkioWeight'),
  host('cpuset-cpus', 'CpusetCpus'),
  host('cgroupns', 'CgroupnsMode'),
  host('isolation', 'Isolation'),
  {
    name: 'storage-opt',
    values: ({ host: { StorageOpt } }) =>
      Object.entries((StorageOpt ?? {}) as Record<string, string>).map((each) => joined(each, '=')),
    take: (rest, value) =>
      set(rest.host as HostConfig, 'StorageOpt', {
        ...(rest.host['StorageOpt'] as object),
        ...pair(value, '='),
      }),
  },
  {
    name: 'device',
    values: ({ host: { Devices } }) =>
      (Devices ?? []).map(({ PathOnHost, PathInContainer, CgroupPermissions }) =>
        [PathOnHost, PathInContainer, CgroupPermissions].filter(Boolean).join(':'),
      ),
    take(rest, value) {
      const [PathOnHost, PathInContainer = PathOnHost, CgroupPermissions = 'rwm'] = value.split(':')
      const device = { PathOnHost, PathInContainer, CgroupPermissions }
      return set(rest.host, 'Devices', [...(rest.host.Devices ?? []), device])
    },
  },
  {
    name: 'log-driver',
    values: ({ host: { LogConfig } }) => (LogConfig?.Type ? [LogConfig.Type] : []),
    take: (rest, value) => set(rest.host, 'LogConfig', { ...rest.host.LogConfig, Type: value }),
  },
  {
    name: 'log-opt',
    values: ({ host: { LogConfig } }) =>
      Object.entries(LogConfig?.Config ?? {}).map((each) => joined(each, '=')),
    take(rest, value) {
      const Config = { ...rest.host.LogConfig?.Config, ...pair(value, '=') }
      return set(rest.host, 'LogConfig', { ...rest.host.LogConfig, Config })
    },
  },
  {
    name: 'network-alias',
    values: ({ endpoint: { Aliases } }) => Aliases ?? [],
    take: (rest, value) => set(rest.endpoint, 'Aliases', [...(rest.endpoint.Aliases ?? []), value]),
  },
  {
    name: 'ip',
    values: ({ endpoint: { IPAMConfig } }) => (IPAMConfig?.IPv4Address ? [IPAMConfig.IPv4Address] : []),
    take: (rest, value) =>
      set(rest.endpoint, 'IPAMConfig', { ...rest.endpoint.IPAMConfig, IPv4Address: value }),
  },
  {
    name: 'ip6',
    values: ({ endpoint: { IPAMConfig } }) => (IPAMConfig?.IPv6Address ? [IPAMConfig.IPv6Address] : []),
    take: (rest, value) =>
      set(rest.endpoint, 'IPAMConfig', { ...rest.endpoint.IPAMConfig, IPv6Address: value }),
  },
  {
    name: 'mac-address',
    values: ({ endpoint: { MacAddress } }) => (MacAddress ? [MacAddress] : []),
    take: (rest, value) => set(rest.endpoint, 'MacAddress', value),
  },
  list('add-host', 'ExtraHosts'),
  list('link', 'Links'),
  list('dns', 'Dns'),
  list('dns-search', 'DnsSearch'),
  list('dns-option', 'DnsOptions'),
]

function set<T extends object, K extends keyof T>(object: T, key: K, value: T[K]): true {
  object[key] = value
  return true
}

const joined = ([name, value]: [string, string], mark: string): string =>
  value ? `${name}${mark}${value}` : name
function pair(text: string, mark: string): Record<string, string> {
  const at = text.indexOf(mark)
  return { [at < 0 ? text : text.slice(0, at)]: at < 0 ? '' : text.slice(at + 1) }
}

const UNITS: Record<string, number> = { ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 }
function nanoseconds(text: string): number {
  const [, value, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text) ?? []
  return unit ? Number(value) * UNITS[unit]! : NaN
}
