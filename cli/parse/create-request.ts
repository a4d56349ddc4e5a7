import type { DeviceMapping } from '../../contract/docker-options.ts'
import type {
  ContainerCreateRequest,
  HealthConfig,
  HostConfig,
  RestartPolicy,
  Ulimit,
} from '../../contract/docker.ts'
import { parseSize } from '../format/bytes.ts'
import { parseEnv } from './env.ts'
import { diskRates, limits } from './limit-flags.ts'
import { networking } from './network-flags.ts'
import { invalid, whole } from './numbers.ts'
import { mountOf, parseVolumes } from './mounts.ts'
import { parsePorts } from './ports.ts'
import type { RunFlags } from './run-flags.ts'

/**
 * The request that a command line of `run` or `create` stands for. Reads the files of `--env-file`; `here` is the
 * environment that names without a value are looked up in. Throws INVALID_ARGUMENT.
 */
export function createRequest(
  flags: RunFlags,
  image: string,
  command: string[],
  here: Record<string, string | undefined>,
): ContainerCreateRequest {
  const ports = parsePorts(flags.publish)
  const mounts = parseVolumes(flags.volume)
  const attached = !flags.detach
  const { mode, config } = networking(flags)
  return {
    Image: image,
    Cmd: command.length > 0 ? command : null,
    // Docker's way to clear an image's entrypoint is a list of one empty word.
    Entrypoint: flags.entrypoint === undefined ? null : [flags.entrypoint],
    Env: parseEnv(flags.envFile, flags.env, here),
    User: flags.user,
    WorkingDir: flags.workdir,
    Hostname: flags.hostname,
    Labels: pairs(flags.label),
    Tty: flags.tty ?? false,
    OpenStdin: flags.interactive ?? false,
    StdinOnce: (flags.interactive ?? false) && attached,
    AttachStdin: (flags.interactive ?? false) && attached,
    AttachStdout: attached,
    AttachStderr: attached,
    ExposedPorts: ports.exposed,
    StopSignal: flags.stopSignal,
    StopTimeout: whole(flags.stopTimeout, '--stop-timeout', -1),
    Healthcheck: healthcheck(flags),
    Volumes: mounts.volumes,
    HostConfig: {
      ...hostConfig(flags, ports.bindings),
      Binds: mounts.binds,
      ...(mode && { NetworkMode: mode }),
    },
    ...(config && { NetworkingConfig: config }),
  }
}

function healthcheck(flags: RunFlags): HealthConfig | undefined {
  if (!flags.healthcheck) return { Test: ['NONE'] }
  const given = {
    Test: flags.healthCmd === undefined ? undefined : ['CMD-SHELL', flags.healthCmd],
    Interval: nanoseconds(flags.healthInterval, '--health-interval'),
    Timeout: nanoseconds(flags.healthTimeout, '--health-timeout'),
    StartPeriod: nanoseconds(flags.healthStartPeriod, '--health-start-period'),
    Retries: whole(flags.healthRetries, '--health-retries', 0),
  }
  return Object.values(given).some((value) => value !== undefined) ? given : undefined
}

const UNITS: Record<string, number> = { ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 }

/** `1m30s` in nanoseconds. */
function nanoseconds(text: string | undefined, flag: string): number | undefined {
  if (text === undefined) return undefined
  if (!/^(\d+(\.\d+)?(ms|s|m|h))+$/.test(text))
    throw invalid(`${flag} ${text}`, 'write a time, for example 1m30s')
  const parts = [...text.matchAll(/([\d.]+)(ms|s|m|h)/g)]
  return parts.reduce((sum, [, number, unit]) => sum + Number(number) * UNITS[unit!]!, 0)
}

function hostConfig(flags: RunFlags, bindings: HostConfig['PortBindings']): HostConfig {
  return {
    PortBindings: bindings,
    PublishAllPorts: flags.publishAll ?? false,
    RestartPolicy: restartPolicy(flags.restart ?? 'no'),
    AutoRemove: flags.rm ?? false,
    ...limits(flags),
    ...diskRates(flags),
    ...(flags.storageOpt.length > 0 && { StorageOpt: pairs(flags.storageOpt, '--storage-opt') }),
    ReadonlyRootfs: flags.readOnly ?? false,
    Mounts: flags.mount.map(mountOf),
    VolumesFrom: flags.volumesFrom,
    Tmpfs: Object.fromEntries(flags.tmpfs.map(split)),
    CapAdd: flags.capAdd,
    CapDrop: flags.capDrop,
    Privileged: flags.privileged ?? false,
    GroupAdd: flags.groupAdd,
    ExtraHosts: flags.addHost.map(extraHost),
    Dns: flags.dns,
    DnsSearch: flags.dnsSearch,
    DnsOptions: flags.dnsOption,
    Devices: flags.device.map(device),
    OomScoreAdj: whole(flags.oomScoreAdj, '--oom-score-adj', -1000) ?? 0,
    CgroupnsMode: flags.cgroupns ?? '',
    LogConfig: { Type: flags.logDriver ?? '', Config: pairs(flags.logOpt, '--log-opt') },
    ShmSize: flags.shmSize === undefined ? 0 : parseSize(flags.shmSize),
    Ulimits: flags.ulimit.map(ulimit),
    Sysctls: pairs(flags.sysctl, '--sysctl'),
    SecurityOpt: flags.securityOpt,
    Init: flags.init ?? null,
    Isolation: isolation(flags.isolation ?? 'default'),
  }
}

/** `/run:size=64m` into mount point and options. */
function split(text: string): [string, string] {
  const [path = '', ...options] = text.split(':')
  if (!path.startsWith('/')) throw invalid(`--tmpfs ${text}`, 'the mount point must be an absolute path')
  return [path, options.join(':')]
}

/** `NAME=VALUE`; a flag's name makes the value obligatory. */
export function pairs(entries: string[], flag?: string): Record<string, string> {
  return Object.fromEntries(
    entries.map((entry) => {
      const at = entry.indexOf('=')
      if (at === 0 || (at < 0 && flag)) throw invalid(`${flag ?? '--label'} ${entry}`, 'write NAME=VALUE')
      return at < 0 ? [entry, ''] : [entry.slice(0, at), entry.slice(at + 1)]
    }),
  )
}

export function restartPolicy(text: string): RestartPolicy {
  const match = /^(no|always|unless-stopped|on-failure(?::(\d+))?)$/.exec(text)
  if (!match) throw invalid(`--restart ${text}`, 'use no, always, unless-stopped or on-failure[:TIMES]')
  const Name = text.split(':', 1)[0] as RestartPolicy['Name']
  return { Name, MaximumRetryCount: Number(match[2] ?? 0) }
}

function ulimit(text: string): Ulimit {
  const match = /^([a-z]+)=(-?\d+)(?::(-?\d+))?$/.exec(text)
  if (!match) throw invalid(`--ulimit ${text}`, 'write NAME=SOFT[:HARD], for example nofile=1024:2048')
  const Soft = Number(match[2])
  return { Name: match[1]!, Soft, Hard: match[3] === undefined ? Soft : Number(match[3]) }
}

/** `PATH[:PATH_IN_CONTAINER[:RIGHTS]]` */
function device(text: string): DeviceMapping {
  const [PathOnHost = '', PathInContainer = PathOnHost, CgroupPermissions = 'rwm'] = text.split(':')
  if (!PathOnHost.startsWith('/')) throw invalid(`--device ${text}`, 'write the path of a device of the VM')
  return { PathOnHost, PathInContainer, CgroupPermissions }
}

function extraHost(text: string): string {
  const match = /^([^:=\s]+)[:=](\S+)$/.exec(text)
  if (!match) throw invalid(`--add-host ${text}`, 'write NAME:ADDRESS')
  return `${match[1]}:${match[2]!.replace(/^\[|\]$/g, '')}`
}

function isolation(text: string): HostConfig['Isolation'] {
  if (text === 'default' || text === 'cold') return text
  throw invalid(`--isolation ${text}`, 'use default or cold')
}
