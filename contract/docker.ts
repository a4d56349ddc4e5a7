/** Shapes of the Docker Engine API 1.51 that Ramet reads and answers (source: the API's published OpenAPI document). */

import type { EndpointSettings, NetworkingConfig } from './docker-networks.ts'
import type { HostOptions } from './docker-options.ts'

export const API_VERSION = '1.51'
export const MIN_API_VERSION = '1.24'

export interface PortBinding {
  HostIp?: string
  HostPort?: string
}
/** Keyed by container port, for example `80/tcp`. */
export type PortMap = Record<string, PortBinding[] | null>

export interface RestartPolicy {
  Name?: '' | 'no' | 'always' | 'unless-stopped' | 'on-failure'
  MaximumRetryCount?: number
}

export interface Ulimit {
  Name: string
  Soft: number
  Hard: number
}

export interface HostConfig extends HostOptions {
  Binds?: string[] | null
  NetworkMode?: string
  PortBindings?: PortMap | null
  PublishAllPorts?: boolean
  RestartPolicy?: RestartPolicy
  AutoRemove?: boolean
  /** Bytes; 0 takes the engine's default. The VM's size. */
  Memory?: number
  /** Bytes that are kept for it while it runs. */
  MemoryReservation?: number
  /** Billionths of a CPU. */
  NanoCpus?: number
  ReadonlyRootfs?: boolean
  /** Mount point to options, for example `{"/run": "size=64m"}`. */
  Tmpfs?: Record<string, string>
  CapAdd?: string[] | null
  CapDrop?: string[] | null
  Privileged?: boolean
  GroupAdd?: string[] | null
  ExtraHosts?: string[] | null
  Links?: string[] | null
  Dns?: string[] | null
  /** Bytes. */
  ShmSize?: number
  Ulimits?: Ulimit[] | null
  Sysctls?: Record<string, string>
  SecurityOpt?: string[] | null
  PidsLimit?: number | null
  Init?: boolean | null
  /** `cold` boots a VM of its own instead of forking a template; Docker's `default` forks. */
  Isolation?: '' | 'default' | 'cold'
  Mounts?: Mount[] | null
  /** `CONTAINER[:ro|rw]`. */
  VolumesFrom?: string[] | null
  VolumeDriver?: string
  [other: string]: unknown
}

/** The long form of a mount. */
export interface Mount {
  Type?: string
  Target?: string
  Source?: string
  ReadOnly?: boolean
  Consistency?: string
  BindOptions?: {
    Propagation?: string
    NonRecursive?: boolean
    CreateMountpoint?: boolean
    ReadOnlyNonRecursive?: boolean
    ReadOnlyForceRecursive?: boolean
  } | null
  VolumeOptions?: {
    NoCopy?: boolean
    Labels?: Record<string, string> | null
    DriverConfig?: { Name?: string; Options?: Record<string, string> | null } | null
    Subpath?: string
  } | null
  /** `Mode` as chmod(2) takes it. */
  TmpfsOptions?: { SizeBytes?: number; Mode?: number; Options?: string[][] | null } | null
}

/** A mount as a container's description shows it. */
export interface MountPoint {
  Type: 'bind' | 'volume' | 'tmpfs'
  Name?: string
  /** A path of the workstation. */
  Source: string
  Destination: string
  Driver?: string
  Mode: string
  RW: boolean
  Propagation: string
}

/** Times are nanoseconds; 0 takes the image's, or the default. */
export interface HealthConfig {
  /** `NONE`, `CMD` and words, or `CMD-SHELL` and a line; empty takes the image's. */
  Test?: string[] | null
  Interval?: number
  Timeout?: number
  StartPeriod?: number
  StartInterval?: number
  Retries?: number
}

export interface CheckpointCreateRequest {
  CheckpointID?: string
  CheckpointDir?: string
  /** The container ends with it. */
  Exit?: boolean
}

/** Docker knows the name alone. */
export interface Checkpoint {
  Name: string
  CreatedAt: string
  SizeBytes: number
}

/** The part that an image's config and a container's config share. */
export interface ContainerConfig {
  Hostname?: string
  Domainname?: string
  User?: string
  AttachStdin?: boolean
  AttachStdout?: boolean
  AttachStderr?: boolean
  ExposedPorts?: Record<string, object> | null
  Tty?: boolean
  OpenStdin?: boolean
  StdinOnce?: boolean
  Env?: string[] | null
  Cmd?: string[] | string | null
  Entrypoint?: string[] | string | null
  Image?: string
  Volumes?: Record<string, object> | null
  WorkingDir?: string
  Labels?: Record<string, string> | null
  StopSignal?: string
  /** Seconds. */
  StopTimeout?: number
  Healthcheck?: HealthConfig | null
  /** What a health check's line is given to. */
  Shell?: string[] | null
  [other: string]: unknown
}

export interface ContainerCreateRequest extends ContainerConfig {
  HostConfig?: HostConfig
  NetworkingConfig?: NetworkingConfig | null
}

export interface ContainerCreateResponse {
  Id: string
  Warnings: string[]
}

/** Resources, empty where they are to stay as they are, and the policy. */
export interface ContainerUpdateRequest {
  RestartPolicy?: RestartPolicy | null
  [resource: string]: unknown
}

export interface ContainerUpdateResponse {
  Warnings: string[]
}

export interface ContainerPruneResponse {
  /** Ids. */
  ContainersDeleted: string[]
  /** Bytes. */
  SpaceReclaimed: number
}

export type ContainerStatus = 'created' | 'running' | 'paused' | 'restarting' | 'removing' | 'exited' | 'dead'

export type HealthStatus = 'starting' | 'healthy' | 'unhealthy'

export interface Health {
  Status: HealthStatus
  /** Probes that failed one after the other. */
  FailingStreak: number
  /** The last five, oldest first. */
  Log: { Start: string; End: string; ExitCode: number; Output: string }[]
}

export interface ContainerState {
  Status: ContainerStatus
  Running: boolean
  Paused: boolean
  Restarting: boolean
  OOMKilled: boolean
  Dead: boolean
  Pid: number
  ExitCode: number
  Error: string
  /** RFC 3339; `0001-01-01T00:00:00Z` for never. */
  StartedAt: string
  FinishedAt: string
  /** Absent where there is no health check. */
  Health?: Health
}

export interface ContainerInspect {
  Id: string
  Created: string
  Path: string
  Args: string[]
  State: ContainerState
  Image: string
  ResolvConfPath: string
  HostnamePath: string
  HostsPath: string
  LogPath: string
  Name: string
  RestartCount: number
  Driver: string
  Platform: string
  MountLabel: string
  ProcessLabel: string
  AppArmorProfile: string
  ExecIDs: string[] | null
  HostConfig: HostConfig
  GraphDriver: { Name: string; Data: Record<string, string> | null }
  SizeRw?: number
  SizeRootFs?: number
  Mounts: MountPoint[]
  Config: ContainerConfig
  NetworkSettings: {
    Ports: PortMap
    IPAddress: string
    Gateway: string
    MacAddress: string
    Networks: Record<string, EndpointSettings>
    [other: string]: unknown
  }
}

/** What HEAD of an archive tells, in a header. */
export interface PathStat {
  name: string
  size: number
  /** Go's os.FileMode. */
  mode: number
  /** RFC 3339. */
  mtime: string
  linkTarget: string
}

export interface FilesystemChange {
  Path: string
  /** 0 changed, 1 added, 2 deleted. */
  Kind: 0 | 1 | 2
}

export interface ContainerTop {
  Titles: string[]
  Processes: string[][]
}

export interface ContainerSummary {
  Id: string
  Names: string[]
  Image: string
  ImageID: string
  Command: string
  /** Unix seconds. */
  Created: number
  Ports: { IP?: string; PrivatePort: number; PublicPort?: number; Type: 'tcp' | 'udp' }[]
  Labels: Record<string, string>
  State: ContainerStatus
  /** For people, for example `Up 3 minutes`. */
  Status: string
  HostConfig: { NetworkMode: string }
  NetworkSettings: { Networks: Record<string, EndpointSettings> }
  Mounts: MountPoint[]
  SizeRw?: number
  SizeRootFs?: number
}

export type WaitCondition = 'not-running' | 'next-exit' | 'removed'

export interface WaitResponse {
  StatusCode: number
  Error?: { Message: string }
}

export interface ExecCreateRequest {
  AttachStdin?: boolean
  AttachStdout?: boolean
  AttachStderr?: boolean
  DetachKeys?: string
  Tty?: boolean
  Env?: string[] | null
  Cmd: string[]
  Privileged?: boolean
  User?: string
  WorkingDir?: string
  /** [height, width] in characters. */
  ConsoleSize?: [number, number] | null
}

export interface ExecInspect {
  ID: string
  Running: boolean
  ExitCode: number | null
  ProcessConfig: { tty: boolean; entrypoint: string; arguments: string[]; privileged: boolean; user: string }
  OpenStdin: boolean
  OpenStderr: boolean
  OpenStdout: boolean
  CanRemove: boolean
  ContainerID: string
  DetachKeys: string
  Pid: number
}

/** One line of a streamed answer of long work (pull, load). A failure after the 200 is the last line. */
export interface ProgressMessage {
  status?: string
  id?: string
  stream?: string
  progressDetail?: { current?: number; total?: number }
  progress?: string
  errorDetail?: { message: string; code?: string }
  error?: string
  aux?: unknown
}

export interface EventMessage {
  Type: 'container' | 'image' | 'network' | 'volume' | 'daemon'
  Action: string
  Actor: { ID: string; Attributes: Record<string, string> }
  scope: 'local'
  /** Unix seconds and nanoseconds. */
  time: number
  timeNano: number
}

/** `filters` parameter: name to accepted values. */
export type Filters = Record<string, string[]>

export interface RegistryAuth {
  username?: string
  password?: string
  identitytoken?: string
  serveraddress?: string
}
