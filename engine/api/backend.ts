import type { Readable, Writable } from 'node:stream'
import type { BootLog } from '../../contract/boot-log.ts'
import type { EngineSettingsView } from '../../contract/engine-settings.ts'
import type * as docker from '../../contract/docker.ts'
import type * as images from '../../contract/docker-images.ts'
import type { ContainerStats } from '../../contract/docker-stats.ts'
import type * as networks from '../../contract/docker-networks.ts'
import type * as volumes from '../../contract/docker-volumes.ts'
import type * as reach from '../../contract/ramet-networks.ts'
import type * as ramet from '../../contract/ramet.ts'

/** What the routes need of the services. The consumer owns the interface; services know no HTTP. */
export interface Backend {
  files: FileBackend
  bootLogs: { of(id: string): Promise<BootLog> }
  containers: ContainerBackend
  stats: StatsBackend
  execs: ExecBackend
  images: ImageBackend
  templates: TemplateBackend
  live: LiveBackend
  volumes: VolumeBackend
  networks: NetworkBackend
  ports: PortBackend
  memory: {
    report(): Promise<ramet.MemoryReport>
    history(): ramet.MemoryHistory
    /** Rejects with CONTAINER_NOT_FOUND. */
    historyOf(idOrName: string): ramet.ContainerHistory
  }
  host: {
    info(): Promise<ramet.HostInfo>
    doctor(signal: AbortSignal): Promise<ramet.DoctorReport>
    /** Bytes of memory and number of CPUs of the host. */
    resources(): { memoryBytes: number; cpus: number; kernel: string; os: string; hostname: string }
  }
  launches: LaunchBackend
  settings: SettingsBackend
  /** The last starts of containers, newest first. */
  starts: { list(): ramet.StartReport[] }
  standby: {
    report(): ramet.StandbyReport
    /** Takes effect at once, and is kept. */
    set(changes: Partial<ramet.StandbySettings>): Promise<ramet.StandbyReport>
  }
  events: {
    /** Those that are remembered, oldest first. */
    past(): docker.EventMessage[]
    subscribe(listener: (event: docker.EventMessage) => void): () => void
    /** With what Docker has no word for. */
    subscribeToAll(listener: (event: ramet.RametEvent) => void): () => void
  }
}

export interface SettingsBackend {
  view(): Promise<EngineSettingsView>
  /** Those that are given. */
  change(changes: unknown): Promise<EngineSettingsView>
}

export interface OutputChunk {
  stream: 'stdout' | 'stderr'
  /** Unix nanoseconds, taken in the guest. */
  timeNs: bigint
  data: Buffer
}

export interface LogOptions {
  follow: boolean
  stdout: boolean
  stderr: boolean
  /** Unix nanoseconds. */
  since?: bigint
  until?: bigint
  /** Number of last lines; all when absent. */
  tail?: number
  signal: AbortSignal
}

export interface AttachOptions {
  /** Send what was already printed first. */
  logs: boolean
  /** Go on with what is printed from now on. */
  stream: boolean
  stdin: boolean
  stdout: boolean
  stderr: boolean
  signal: AbortSignal
}

export interface AttachSession {
  tty: boolean
  /** Ends when the container's process has ended and all it printed was given. */
  output: AsyncIterable<{ stream: 'stdout' | 'stderr'; data: Buffer }>
  /** `end()` closes the process's standard input; absent where not asked for. Usable before the start: it waits. */
  stdin?: Writable
}

export interface ContainerBackend {
  create(
    name: string | undefined,
    request: docker.ContainerCreateRequest,
    options?: { platform?: string },
  ): Promise<docker.ContainerCreateResponse>
  list(options: {
    all: boolean
    limit?: number
    size: boolean
    filters: docker.Filters
  }): Promise<docker.ContainerSummary[]>
  inspect(id: string, options: { size: boolean }): Promise<docker.ContainerInspect>
  /** Rejects with NOT_MODIFIED when it runs already. */
  start(id: string): Promise<void>
  stop(id: string, options: { timeoutSeconds?: number; signal?: string }): Promise<void>
  kill(id: string, signal: string | undefined): Promise<void>
  restart(id: string, options: { timeoutSeconds?: number; signal?: string }): Promise<void>
  /** Rejects with NOT_RUNNING, or with CONFLICT where it is paused already. */
  pause(id: string): Promise<void>
  /** Rejects with CONFLICT where it is not paused. */
  unpause(id: string): Promise<void>
  rename(id: string, name: string): Promise<void>
  remove(id: string, options: { force: boolean; volumes: boolean }): Promise<void>
  /** Rejects with NOT_SUPPORTED, naming it, what the VM cannot take. */
  update(id: string, request: docker.ContainerUpdateRequest): Promise<docker.ContainerUpdateResponse>
  /** Removes those that do not run; `until` is in unix nanoseconds. */
  prune(options: { filters: docker.Filters; until?: bigint }): Promise<docker.ContainerPruneResponse>
  /** Resolves once the container is known: `result` then waits, so that a 200 can be sent at once. */
  wait(
    id: string,
    condition: docker.WaitCondition,
    signal: AbortSignal,
  ): Promise<{ result: Promise<docker.WaitResponse> }>
  /** `tty` says whether the output is one raw stream. */
  logs(id: string, options: LogOptions): Promise<{ tty: boolean; output: AsyncIterable<OutputChunk> }>
  attach(id: string, options: AttachOptions): Promise<AttachSession>
  resize(id: string, size: { rows: number; cols: number }): Promise<void>
}

export interface StatsBackend {
  /** `compared`: with a measurement before it, which takes a second. */
  once(id: string, options: { compared: boolean; signal: AbortSignal }): Promise<ContainerStats>
  /** One a second, until the container is removed or the signal aborts. */
  watch(id: string, signal: AbortSignal): Promise<AsyncIterable<ContainerStats>>
}

/** What is done with containers while they run. */
export interface LiveBackend {
  /**
   * An image of the running container, memory and all; it goes on. Rejects, naming it, with what a copy cannot have. No image
   * is made once the signal has aborted.
   */
  freeze(id: string, reference: string, options: { signal: AbortSignal }): Promise<ramet.FreezeResponse>
  /** Live children of the running container, all or none. */
  fork(id: string, request: ramet.ForkRequest): Promise<ramet.ForkResponse>
  checkpoint(id: string, request: docker.CheckpointCreateRequest): Promise<docker.Checkpoint>
  checkpoints(id: string): Promise<docker.Checkpoint[]>
  removeCheckpoint(id: string, checkpoint: string): Promise<void>
  /** Back to a checkpoint, the last one where none is named; whether the container runs now or not. */
  rewind(id: string, checkpoint: string | undefined): Promise<void>
  lineage(): Promise<ramet.Lineage>
  /** Files that changed since a time in unix nanoseconds, processes, ports. */
  activity(id: string, sinceNs: bigint): Promise<ramet.Activity>
}

export interface FileBackend {
  /** Rejects with FILE_NOT_FOUND. */
  stat(id: string, path: string): Promise<docker.PathStat>
  /** What lies in a folder. Rejects with INVALID_ARGUMENT where it is none. */
  list(id: string, path: string): Promise<docker.PathStat[]>
  read(id: string, path: string): Promise<{ stat: docker.PathStat; archive: Readable }>
  write(
    id: string,
    path: string,
    archive: Readable,
    options: { keepsKind: boolean; asContainerUser: boolean },
  ): Promise<void>
  export(id: string): Promise<Readable>
  changes(id: string): Promise<docker.FilesystemChange[]>
  commit(
    id: string,
    options: {
      reference?: string
      comment?: string
      author?: string
      /** Whether its processes stand still meanwhile. */
      pause: boolean
      changes: string[]
      override?: docker.ContainerConfig | null
      signal: AbortSignal
    },
  ): Promise<{ Id: string }>
  /** `options` are those of ps. */
  top(id: string, options: string): Promise<docker.ContainerTop>
}

export interface ExecSession {
  tty: boolean
  stdin: Writable
  /** As the exec was created with. */
  detachKeys?: string
  /** Ends when the process has ended and all it printed was given. */
  output: AsyncIterable<{ stream: 'stdout' | 'stderr'; data: Buffer }>
}

export interface ExecBackend {
  create(containerId: string, request: docker.ExecCreateRequest): Promise<{ Id: string }>
  start(
    execId: string,
    options: { detach: boolean; tty: boolean; consoleSize?: [number, number]; signal: AbortSignal },
  ): Promise<ExecSession | undefined>
  inspect(execId: string): Promise<docker.ExecInspect>
  resize(execId: string, size: { rows: number; cols: number }): Promise<void>
}

export interface ProgressOptions {
  signal: AbortSignal
  onProgress(message: docker.ProgressMessage): void
}

export interface ImageBackend {
  pull(
    reference: string,
    options: ProgressOptions & { auth?: docker.RegistryAuth; platform?: string },
  ): Promise<void>
  load(archive: Readable, options: ProgressOptions): Promise<void>
  /** Makes an image of a file system in a tar; `changes` are instructions of a Dockerfile. */
  import(
    layer: Readable,
    options: ProgressOptions & { reference?: string; comment?: string; changes: string[] },
  ): Promise<void>
  /** Without a tag here and in the name all tags of the repository are pushed. */
  push(name: string, options: ProgressOptions & { tag?: string; auth?: docker.RegistryAuth }): Promise<void>
  /** A tar archive of images, by names or ids; made while it is read. */
  save(names: string[], options: { signal: AbortSignal }): Promise<Readable>
  /** `until`: milliseconds since 1970. */
  list(options: {
    all: boolean
    filters: docker.Filters
    until?: number
    sharedSize?: boolean
    manifests?: boolean
  }): Promise<images.ImageSummary[]>
  inspect(name: string, options: { manifests: boolean }): Promise<images.ImageInspect>
  /** Newest first; `Id` is `<missing>` for all but the first. */
  history(name: string): Promise<images.ImageHistoryItem[]>
  tag(name: string, reference: string): Promise<void>
  remove(name: string, options: { force: boolean }): Promise<images.ImageDeleteItem[]>
  /** Images that containers were made from stay. `before`: milliseconds since 1970. */
  prune(options: {
    filters: docker.Filters
    before?: number
  }): Promise<{ ImagesDeleted: images.ImageDeleteItem[]; SpaceReclaimed: number }>
  /** Sizes are bytes on disk, files that VMs map included. */
  usage(): Promise<{ Images: images.ImageSummary[]; LayersSize: number }>
  /** Rejects with UNAUTHORIZED where the registry refuses it; nothing is kept. */
  login(auth: docker.RegistryAuth, options: { signal: AbortSignal }): Promise<void>
}

/** Publishes ports of containers, and takes them back; at once where they run. Both answer all that is published then. */
export interface PortBackend {
  /** Rejects with PORT_TAKEN. */
  add(id: string, bindings: docker.PortMap): Promise<docker.PortMap>
  /** `port` is the container's; without more said all its bindings go. Rejects with NOT_FOUND where there are none. */
  remove(id: string, port: string, choice: { hostIp?: string; hostPort?: number }): Promise<docker.PortMap>
}

export interface VolumeBackend {
  /** Answers the volume of that name where there is one already. */
  create(request: volumes.VolumeCreateRequest): Promise<volumes.Volume>
  list(filters: docker.Filters): Promise<volumes.Volume[]>
  inspect(name: string): Promise<volumes.Volume>
  /** All, with their sizes. */
  usage(): Promise<volumes.Volume[]>
  /** Rejects with CONFLICT while a container uses it, forced or not. */
  remove(name: string, options: { force: boolean }): Promise<void>
  /** Those without a name of a user's, or, with the filter `all`, every one that no container uses. */
  prune(filters: docker.Filters): Promise<volumes.VolumePruneResponse>
}

export interface NetworkBackend {
  create(request: networks.NetworkCreateRequest): Promise<networks.NetworkCreateResponse>
  list(filters: docker.Filters): Promise<networks.Network[]>
  inspect(nameOrId: string): Promise<networks.Network>
  /** Rejects with FORBIDDEN where a running container is in it, and for those that are always there. */
  remove(nameOrId: string): Promise<void>
  /** `until`: unix nanoseconds. */
  prune(options: { filters: docker.Filters; until?: bigint }): Promise<networks.NetworkPruneResponse>
  connect(nameOrId: string, request: networks.NetworkConnectRequest): Promise<void>
  disconnect(nameOrId: string, request: networks.NetworkDisconnectRequest): Promise<void>
  /** Bits a second of a container in each of its networks and through the NAT, as `20mbit`; '' takes the bound away. */
  setRate(container: string, rate: string): Promise<void>
  /** Every container, with those that it reaches. */
  reach(): reach.ContainerReach[]
  /** Of containers that run. */
  rates(): Promise<reach.NetworkRate[]>
}

export interface TemplateBackend {
  list(): Promise<ramet.TemplateSummary[]>
  create(
    request: ramet.TemplateCreateRequest,
    options: { signal: AbortSignal; onProgress(message: ramet.TemplateProgress): void },
  ): Promise<ramet.TemplateSummary>
  /** Rejects with CONFLICT while clones run, unless forced (the clones run on: they keep the files open). */
  remove(id: string, options: { force: boolean }): Promise<void>
  /** Removes those without running clones; answers what was removed and the bytes that it freed. */
  prune(): Promise<{ removed: string[]; freedBytes: number }>
}

export interface LaunchBackend {
  /** Pinned ones first, those used last before others. */
  list(): ramet.QuickLaunch[]
  save(request: ramet.QuickLaunchRequest): Promise<ramet.QuickLaunch>
  /** Rejects with NOT_FOUND. */
  remove(id: string): Promise<void>
  run(id: string): Promise<ramet.QuickLaunchRun>
}
