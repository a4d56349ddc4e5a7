import type { ContainerConfig, ContainerCreateRequest, HostConfig } from '../../../contract/docker.ts'
import { EngineError } from '../../../contract/errors.ts'
import type { ContainerRecord } from '../containers/record.ts'

/** What a process that runs already has, and cannot be given otherwise. */
const OF_PROCESS = [
  'Cmd',
  'Entrypoint',
  'Env',
  'User',
  'WorkingDir',
  'Tty',
  'OpenStdin',
  'Domainname',
] as const
const OF_MACHINE = ['Memory', 'MemoryReservation', 'NanoCpus', 'ReadonlyRootfs', 'Tmpfs', 'CapAdd', 'CapDrop', 'Privileged', 'GroupAdd', 'ShmSize', 'Ulimits', 'Sysctls', 'SecurityOpt', 'PidsLimit', 'Init', 'Binds', 'Mounts', 'VolumesFrom', 'Devices', 'StorageOpt', 'CpusetCpus', 'CpuQuota', 'CpuPeriod'] as const // prettier-ignore

export interface LiveSettings {
  config: ContainerConfig
  hostConfig: HostConfig
}

export function settingsOf({ config, hostConfig }: ContainerRecord): LiveSettings {
  return { config: pick(config, OF_PROCESS), hostConfig: pick(hostConfig, OF_MACHINE) }
}

/**
 * A request for a container of a warm image with what its process has filled in. Rejects, by name, what would be
 * different: the process runs already.
 */
export function withSettings(
  image: string,
  request: ContainerCreateRequest,
  { config, hostConfig }: LiveSettings,
): ContainerCreateRequest {
  const differing = [
    ...OF_PROCESS.filter((name) => differs(name, request[name], config[name])),
    ...OF_MACHINE.filter((name) => differs(name, request.HostConfig?.[name], hostConfig[name])),
  ]
  // Whoever is attached has told apart already whether it is a terminal that it will see.
  if (request.AttachStdout && Boolean(request.Tty) !== Boolean(config.Tty) && !differing.includes('Tty'))
    differing.push('Tty')
  if (differing.length > 0) {
    throw new EngineError(
      'INVALID_ARGUMENT',
      `${image} is a warm image: its process runs already, and cannot be given another ${differing.join(', ')}; ` +
        'leave that out, or have the process started anew with --isolation cold',
    )
  }
  const { Env: _environment, ...own } = request
  return { ...own, ...config, HostConfig: { ...request.HostConfig, ...hostConfig } }
}

/** Empty stands for "as it is", as clients send every field. */
function differs(name: string, wanted: unknown, has: unknown): boolean {
  if (isEmpty(wanted)) return false
  if (name === 'Env') {
    const given = new Set((has as string[] | undefined) ?? [])
    return !(wanted as string[]).every((entry) => given.has(entry))
  }
  return JSON.stringify([wanted].flat()) !== JSON.stringify([has].flat())
}

function isEmpty(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.keys(value).length === 0
  return !value
}

function pick<T extends object>(from: T, names: readonly (keyof T)[]): T {
  return Object.fromEntries(names.flatMap((name) => (isEmpty(from[name]) ? [] : [[name, from[name]]]))) as T
}
