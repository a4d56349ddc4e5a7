import { fields, list, map, maybe, oneOf, type Shape } from './shape.ts'

/** What the GET endpoints of API 1.51 answer, as far as clients rely on it (source: its published OpenAPI document). */

const texts = maybe(list('text'))
const labels = map('text')
const PORT_MAP = map(maybe(list(fields({ HostIp: 'text', HostPort: 'text' }))))
const STATES = ['created', 'running', 'paused', 'restarting', 'removing', 'exited', 'dead']

const MOUNT = fields({
  Type: 'text',
  'Name?': 'text',
  Source: 'text',
  Destination: 'text',
  'Driver?': 'text',
  Mode: 'text',
  RW: 'flag',
  Propagation: 'text',
})

const ENDPOINT = fields({
  IPAMConfig: maybe('anything'),
  Links: texts,
  Aliases: texts,
  MacAddress: 'text',
  NetworkID: 'text',
  EndpointID: 'text',
  Gateway: 'text',
  IPAddress: 'text',
  IPPrefixLen: 'integer',
  IPv6Gateway: 'text',
  GlobalIPv6Address: 'text',
  GlobalIPv6PrefixLen: 'integer',
  DNSNames: texts,
})

const CONTAINER_SUMMARY = fields({
  Id: 'text',
  Names: list('text'),
  Image: 'text',
  ImageID: 'text',
  Command: 'text',
  Created: 'integer',
  Ports: list(
    fields({ 'IP?': 'text', PrivatePort: 'integer', 'PublicPort?': 'integer', Type: oneOf('tcp', 'udp') }),
  ),
  'SizeRw?': 'integer',
  'SizeRootFs?': 'integer',
  Labels: labels,
  State: oneOf(...STATES),
  Status: 'text',
  HostConfig: fields({ NetworkMode: 'text' }),
  NetworkSettings: fields({ Networks: map(ENDPOINT) }),
  Mounts: list(MOUNT),
})

const CONFIG = {
  'Hostname?': 'text',
  'Domainname?': 'text',
  'User?': 'text',
  'Env?': texts,
  'Cmd?': texts,
  'Entrypoint?': texts,
  'Image?': 'text',
  'Volumes?': maybe(map('anything')),
  'WorkingDir?': 'text',
  'Labels?': maybe(labels),
  'ExposedPorts?': maybe(map('anything')),
} as const satisfies Record<string, Shape>

const CONTAINER = fields({
  Id: 'text',
  Created: 'time',
  Path: 'text',
  Args: list('text'),
  State: fields({
    Status: oneOf(...STATES),
    Running: 'flag',
    Paused: 'flag',
    Restarting: 'flag',
    OOMKilled: 'flag',
    Dead: 'flag',
    Pid: 'integer',
    ExitCode: 'integer',
    Error: 'text',
    StartedAt: 'time',
    FinishedAt: 'time',
    'Health?': fields({
      Status: oneOf('none', 'starting', 'healthy', 'unhealthy'),
      FailingStreak: 'integer',
      Log: maybe(list(fields({ Start: 'time', End: 'time', ExitCode: 'integer', Output: 'text' }))),
    }),
  }),
  Image: 'text',
  ResolvConfPath: 'text',
  HostnamePath: 'text',
  HostsPath: 'text',
  LogPath: 'text',
  Name: 'text',
  RestartCount: 'integer',
  Driver: 'text',
  Platform: 'text',
  MountLabel: 'text',
  ProcessLabel: 'text',
  AppArmorProfile: 'text',
  ExecIDs: texts,
  HostConfig: 'anything',
  GraphDriver: fields({ Name: 'text', Data: maybe(map('text')) }),
  Mounts: list(MOUNT),
  Config: fields({
    ...CONFIG,
    Hostname: 'text',
    Image: 'text',
    Tty: 'flag',
    OpenStdin: 'flag',
    StdinOnce: 'flag',
  }),
  NetworkSettings: fields({ Ports: PORT_MAP, Networks: map(ENDPOINT) }),
})

const IMAGE_SUMMARY = fields({
  Id: 'text',
  ParentId: 'text',
  RepoTags: list('text'),
  RepoDigests: list('text'),
  Created: 'integer',
  Size: 'integer',
  SharedSize: 'integer',
  Labels: maybe(labels),
  Containers: 'integer',
})

const IMAGE = fields({
  Id: 'text',
  RepoTags: list('text'),
  RepoDigests: list('text'),
  'Parent?': 'text',
  Comment: 'text',
  Created: 'time',
  'DockerVersion?': 'text',
  Author: 'text',
  Config: fields(CONFIG),
  Architecture: 'text',
  Os: 'text',
  Size: 'integer',
  GraphDriver: fields({ Name: 'text', Data: maybe(map('text')) }),
  RootFS: fields({ Type: 'text', Layers: list('text') }),
  Metadata: fields({ LastTagTime: 'time' }),
})

const VOLUME = fields({
  Name: 'text',
  Driver: 'text',
  Mountpoint: 'text',
  CreatedAt: 'time',
  Labels: maybe(labels),
  Options: maybe(labels),
  Scope: oneOf('local', 'global'),
  'UsageData?': maybe(fields({ Size: 'integer', RefCount: 'integer' })),
})

const NETWORK = fields({
  Name: 'text',
  Id: 'text',
  Created: 'time',
  Scope: 'text',
  Driver: 'text',
  EnableIPv4: 'flag',
  EnableIPv6: 'flag',
  IPAM: fields({
    Driver: 'text',
    Options: maybe(labels),
    Config: maybe(list(fields({ 'Subnet?': 'text', 'Gateway?': 'text', 'IPRange?': 'text' }))),
  }),
  Internal: 'flag',
  Attachable: 'flag',
  Ingress: 'flag',
  ConfigFrom: fields({ Network: 'text' }),
  ConfigOnly: 'flag',
  Containers: maybe(
    map(
      fields({
        Name: 'text',
        EndpointID: 'text',
        MacAddress: 'text',
        IPv4Address: 'text',
        IPv6Address: 'text',
      }),
    ),
  ),
  Options: maybe(labels),
  Labels: maybe(labels),
})

const CPU = fields({
  cpu_usage: fields({ total_usage: 'integer', usage_in_usermode: 'integer', usage_in_kernelmode: 'integer' }),
  'system_cpu_usage?': 'integer',
  'online_cpus?': 'integer',
  throttling_data: fields({ periods: 'integer', throttled_periods: 'integer', throttled_time: 'integer' }),
})
const NETWORK_COUNTERS = ['rx_bytes', 'rx_packets', 'rx_errors', 'rx_dropped', 'tx_bytes', 'tx_packets', 'tx_errors', 'tx_dropped'] // prettier-ignore

const STATS = fields({
  id: 'text',
  name: 'text',
  read: 'time',
  preread: 'time',
  pids_stats: fields({ 'current?': 'integer', 'limit?': 'integer' }),
  blkio_stats: fields({
    io_service_bytes_recursive: maybe(
      list(fields({ major: 'integer', minor: 'integer', op: 'text', value: 'integer' })),
    ),
  }),
  num_procs: 'integer',
  cpu_stats: CPU,
  precpu_stats: CPU,
  memory_stats: fields({ 'usage?': 'integer', 'limit?': 'integer', 'stats?': map('integer') }),
  'networks?': map(fields(Object.fromEntries(NETWORK_COUNTERS.map((name) => [name, 'integer'])))),
})

export const EVENT = fields({
  Type: 'text',
  Action: 'text',
  Actor: fields({ ID: 'text', Attributes: labels }),
  scope: oneOf('local', 'swarm'),
  time: 'integer',
  timeNano: 'integer',
})

const INFO = fields({
  ID: 'text',
  ...Object.fromEntries(
    ['Containers', 'ContainersRunning', 'ContainersPaused', 'ContainersStopped', 'Images', 'NCPU', 'MemTotal', 'NFd', 'NGoroutines', 'NEventsListener'].map((name) => [name, 'integer']), // prettier-ignore
  ),
  ...Object.fromEntries(
    ['Driver', 'DockerRootDir', 'LoggingDriver', 'CgroupDriver', 'KernelVersion', 'OperatingSystem', 'OSType', 'Architecture', 'IndexServerAddress', 'Name', 'ServerVersion', 'DefaultRuntime', 'InitBinary', 'Isolation'].map((name) => [name, 'text']), // prettier-ignore
  ),
  ...Object.fromEntries(
    ['MemoryLimit', 'SwapLimit', 'CpuCfsPeriod', 'CpuCfsQuota', 'CPUShares', 'CPUSet', 'PidsLimit', 'OomKillDisable', 'IPv4Forwarding', 'Debug', 'ExperimentalBuild', 'LiveRestoreEnabled'].map((name) => [name, 'flag']), // prettier-ignore
  ),
  DriverStatus: list(list('text')),
  SystemTime: 'time',
  Plugins: fields({ Volume: texts, Network: texts, Authorization: texts, Log: texts }),
  RegistryConfig: fields({ InsecureRegistryCIDRs: texts, IndexConfigs: map('anything') }),
  Labels: texts,
  Runtimes: map(fields({ path: 'text' })),
  Swarm: fields({ NodeID: 'text', LocalNodeState: oneOf('inactive') }),
  ContainerdCommit: fields({ ID: 'text' }),
  RuncCommit: fields({ ID: 'text' }),
  InitCommit: fields({ ID: 'text' }),
  SecurityOptions: texts,
  Warnings: texts,
})

/** By path; `{container}` and the like stand for what the test made. */
export const ANSWERS: Record<string, Shape> = {
  '/version': fields({
    Platform: fields({ Name: 'text' }),
    Components: list(fields({ Name: 'text', Version: 'text', Details: maybe(map('text')) })),
    Version: 'text',
    ApiVersion: 'text',
    MinAPIVersion: 'text',
    GitCommit: 'text',
    GoVersion: 'text',
    Os: 'text',
    Arch: 'text',
    KernelVersion: 'text',
    BuildTime: 'text',
  }),
  '/info': INFO,
  '/system/df': fields({
    LayersSize: 'integer',
    Images: list(IMAGE_SUMMARY),
    Containers: list(CONTAINER_SUMMARY),
    Volumes: list(VOLUME),
    BuildCache: list('anything'),
  }),
  '/containers/json?all=1&size=1': list(CONTAINER_SUMMARY),
  '/containers/{running}/json': CONTAINER,
  '/containers/{stopped}/json?size=1': CONTAINER,
  '/containers/{running}/top': fields({ Titles: list('text'), Processes: list(list('text')) }),
  '/containers/{running}/changes': list(fields({ Path: 'text', Kind: 'integer' })),
  '/containers/{running}/stats?stream=0': STATS,
  '/containers/{stopped}/stats?stream=0': STATS,
  '/exec/{exec}/json': fields({
    ID: 'text',
    Running: 'flag',
    ExitCode: maybe('integer'),
    ProcessConfig: fields({
      tty: 'flag',
      entrypoint: 'text',
      arguments: list('text'),
      privileged: 'flag',
      user: 'text',
    }),
    OpenStdin: 'flag',
    OpenStderr: 'flag',
    OpenStdout: 'flag',
    CanRemove: 'flag',
    ContainerID: 'text',
    DetachKeys: 'text',
    Pid: 'integer',
  }),
  '/images/json': list(IMAGE_SUMMARY),
  '/images/{image}/json': IMAGE,
  '/images/{image}/history': list(
    fields({
      Id: 'text',
      Created: 'integer',
      CreatedBy: 'text',
      Tags: texts,
      Size: 'integer',
      Comment: 'text',
    }),
  ),
  '/networks': list(NETWORK),
  '/networks/bridge': NETWORK,
  '/volumes': fields({ Volumes: list(VOLUME), Warnings: texts }),
  '/volumes/{volume}': VOLUME,
}
