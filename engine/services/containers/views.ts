import { join } from 'node:path'
import type { ContainerInspect, ContainerState, ContainerSummary } from '../../../contract/docker.ts'
import { argv } from './config.ts'
import type { Container } from './container.ts'
import { portMap } from './ports.ts'
import { diskFile, statusOf } from './record.ts'

const NEVER = '0001-01-01T00:00:00Z'

function stateOf(container: Container, pid: number): ContainerState {
  const { record } = container
  const status = statusOf(record, container.restarting)
  return {
    Status: status,
    // As Docker: one that is paused, or waits for its restart, counts as running.
    Running: status === 'running' || status === 'paused' || status === 'restarting',
    Paused: status === 'paused',
    Restarting: status === 'restarting',
    OOMKilled: record.oomKilled,
    Dead: false,
    Pid: pid,
    ExitCode: record.phase === 'running' ? 0 : record.exitCode,
    Error: record.error,
    StartedAt: record.startedAt || NEVER,
    FinishedAt: record.finishedAt || NEVER,
    ...(container.health ? { Health: container.health } : {}),
  }
}

/** Docker's long description. `pid` is the VM's process, 0 where it does not run. */
export function inspectView(container: Container, pid: number, sizeRw?: number): ContainerInspect {
  const { record, paths, networks } = container
  const [path = '', ...args] = argv(record.config)
  return {
    Id: record.id,
    Created: record.createdAt,
    Path: path,
    Args: args,
    State: stateOf(container, pid),
    Image: record.image.id,
    ResolvConfPath: '',
    HostnamePath: '',
    HostsPath: '',
    LogPath: paths.log,
    Name: `/${record.name}`,
    RestartCount: record.restartCount,
    Driver: 'ramet',
    Platform: 'linux',
    MountLabel: '',
    ProcessLabel: '',
    AppArmorProfile: '',
    ExecIDs: null,
    HostConfig: record.hostConfig,
    GraphDriver: {
      Name: 'ramet',
      Data: {
        Disk: join(paths.diskFolder, diskFile(record)),
        Template: record.templateId,
        ...(record.parent ? { Parent: record.parent.id } : {}),
      },
    },
    ...(sizeRw === undefined ? {} : { SizeRw: sizeRw }),
    Mounts: container.mounts,
    Config: { ...record.config, Image: record.image.reference },
    NetworkSettings: {
      Ports: portMap(record.config, record.ports),
      // As Docker: of the default network.
      IPAddress: networks['bridge']?.IPAddress ?? '',
      Gateway: networks['bridge']?.Gateway ?? '',
      MacAddress: networks['bridge']?.MacAddress ?? '',
      Networks: networks,
    },
  }
}

/** One row of Docker's list. */
export function summaryView(container: Container, now = Date.now()): ContainerSummary {
  const { record } = container
  const ports = record.ports.map(({ protocol, hostIp, hostPort, guestPort }) => ({
    IP: hostIp,
    PrivatePort: guestPort,
    PublicPort: hostPort,
    Type: protocol,
  }))
  const published = new Set(ports.map((port) => `${port.PrivatePort}/${port.Type}`))
  // As Docker: one that does not run shows none.
  for (const key of Object.keys(container.running ? (record.config.ExposedPorts ?? {}) : {})) {
    const [port, protocol = 'tcp'] = key.split('/')
    if (published.has(`${port}/${protocol}`)) continue
    ports.push({ PrivatePort: Number(port), Type: protocol } as (typeof ports)[number])
  }
  return {
    Id: record.id,
    Names: [`/${record.name}`],
    Image: record.image.reference,
    ImageID: record.image.id,
    Command: argv(record.config).join(' '),
    Created: Math.floor(Date.parse(record.createdAt) / 1000),
    Ports: ports,
    Labels: record.config.Labels ?? {},
    State: statusOf(record, container.restarting),
    Status: statusText(container, now),
    HostConfig: { NetworkMode: record.hostConfig.NetworkMode || 'default' },
    NetworkSettings: { Networks: container.networks },
    Mounts: container.mounts,
  }
}

function statusText({ record, restarting, health }: Container, now: number): string {
  const since = (time: string) => humanDuration(now - Date.parse(time))
  if (restarting) return `Restarting (${record.exitCode}) ${since(record.finishedAt)} ago`
  if (record.phase === 'running') {
    const how = record.paused ? 'Paused' : health?.Status === 'starting' ? 'health: starting' : health?.Status
    return `Up ${since(record.startedAt)}${how ? ` (${how})` : ''}`
  }
  if (record.phase === 'exited') return `Exited (${record.exitCode}) ${since(record.finishedAt)} ago`
  return 'Created'
}

/** Docker's words for a length of time in milliseconds. */
export function humanDuration(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000))
  const minutes = Math.floor(seconds / 60)
  const hours = Math.round(minutes / 60)
  if (seconds < 1) return 'Less than a second'
  if (seconds === 1) return '1 second'
  if (seconds < 60) return `${seconds} seconds`
  if (minutes === 1) return 'About a minute'
  if (minutes < 60) return `${minutes} minutes`
  if (hours === 1) return 'About an hour'
  if (hours < 48) return `${hours} hours`
  if (hours < 24 * 14) return `${Math.floor(hours / 24)} days`
  if (hours < 24 * 60) return `${Math.floor(hours / 24 / 7)} weeks`
  if (hours < 24 * 730) return `${Math.floor(hours / 24 / 30)} months`
  return `${Math.floor(hours / 24 / 365)} years`
}
