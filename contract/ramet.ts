import type { ContainerCreateRequest, EventMessage } from './docker.ts'

/** Shapes of `/ramet/v1/`: what Docker's API has no word for. All sizes are bytes, all times milliseconds unless said. */

import type { PortMap } from './docker.ts'
import type { NetworkRate } from './ramet-networks.ts'

export type Accelerator = 'kvm' | 'tcg'

/** Frozen before anything ran; or while a container ran, and for what. */
export type TemplateKind = 'image' | 'warm' | 'fork' | 'checkpoint' | 'healthy'

export interface TemplateSummary {
  /** Hex digest of the facts that the template depends on. */
  id: string
  imageId: string
  /** Familiar name of the image, or its short id. */
  image: string
  memoryBytes: number
  vcpus: number
  accelerator: Accelerator
  kit: string
  qemu: string
  cpuModel: string
  createdAt: string
  /** How long boot and freeze took when it was made. */
  bootMs: number
  freezeMs: number
  /** Length of time that the guest stood still for the freeze. */
  downtimeMs: number
  /** Guest RAM that the VM held, booted cold and idle, just before it was frozen. */
  coldPrivateBytes: number
  /** Blocks of the RAM file and of the device state on disk. */
  allocatedBytes: number
  /** Pages of the RAM file in the host's page cache, mapped by clones. */
  residentBytes: number
  /** Running containers that were forked from it. */
  clones: number
  /** Clones that wait for a start. */
  standby: number
  kind: TemplateKind
  /** Of one that was frozen while a container ran: that container, and what it had been forked from. */
  container?: { id: string; name: string }
  parent?: string
}

export interface FreezeRequest {
  /** `name` or `name:tag`. */
  reference: string
}

export interface FreezeResponse {
  image: string
  template: string
  /** How long the container stood still, and of that its whole VM. */
  heldMs: number
  stoppedMs: number
}

export interface ForkRequest {
  /** 1 where absent. */
  count?: number
  /** Of several each gets its number behind it. */
  name?: string
  /** What each publishes; with a host port for one only. */
  ports?: PortMap
  /** Publishes what the image exposes, each on a free port. */
  publishAll?: boolean
  labels?: Record<string, string>
  autoRemove?: boolean
}

export interface ForkResponse {
  template: string
  heldMs: number
  stoppedMs: number
  containers: { Id: string; Name: string }[]
}

export interface RewindRequest {
  /** The last one where absent. */
  checkpoint?: string
}

/** Who was forked from what. Ids of what is no more are given all the same. */
export interface Lineage {
  templates: {
    id: string
    kind: TemplateKind
    image: string
    createdAt: string
    /** Of one that was frozen while a container ran: what that had been forked from, and the container. */
    parent?: string
    container?: { id: string; name: string }
    /** Of a checkpoint. */
    name?: string
  }[]
  containers: {
    id: string
    name: string
    image: string
    status: string
    /** What its last run was forked from; empty where it never ran, or booted cold. */
    template: string
    /** The container that it is a copy of, and the template in which that was frozen. */
    parent?: { id: string; name: string; template: string }
  }[]
}

/** What goes on in a running container. */
export interface Activity {
  /** `C`, `A` or `D` against the image. */
  files: { kind: string; path: string }[]
  processes: { pid: number; command: string }[]
  /** `tcp/80`. */
  ports: string[]
}

export interface ContainerMemory {
  id: string
  name: string
  template: string
  imageId: string
  /** Guest RAM that this VM alone holds. */
  privateBytes: number
  /** Resident pages of the template that this VM maps. */
  sharedBytes: number
  /** Resident pages of the image that this VM maps. */
  imageBytes: number
  /** The rest of the VM's process. */
  overheadBytes: number
}

export interface TemplateMemory {
  id: string
  image: string
  residentBytes: number
  allocatedBytes: number
  clones: number
}

/** An image's file that VMs map; of images without running containers there is none here. */
export interface ImageMemory {
  id: string
  image: string
  residentBytes: number
}

export interface MemoryReport {
  containers: ContainerMemory[]
  templates: TemplateMemory[]
  images: ImageMemory[]
  /** Clones that wait for a start, and what they hold alone: it counts as actual, and against the saving. */
  standby: { clones: number; ownBytes: number }
  host: {
    totalBytes: number
    /** What the kernel could give without swapping. */
    availableBytes: number
    /** Of that, what containers may still be given: it was promised to none, and need not stay free. */
    roomBytes: number
  }
  totals: {
    /** Private and overhead of every VM, and each shared page once. */
    actualBytes: number
    /** What the same VMs would hold had each booted on its own. */
    withoutSharingBytes: number
    savedBytes: number
  }
}

/** The totals at one time. */
export interface MemorySample {
  /** Milliseconds since 1970. */
  at: number
  actualBytes: number
  withoutSharingBytes: number
  /** Those that ran. */
  containers: number
}

/** Of the last hour, oldest first. While nothing runs nothing is measured. */
export interface MemoryHistory {
  intervalMs: number
  samples: MemorySample[]
}

export interface ContainerSample {
  /** Milliseconds since 1970. */
  at: number
  /** Of the VM's process: 1 is one of the host's CPUs, busy all the time. */
  cpu: number
  /** What this VM alone held: guest RAM, and the rest of its process. */
  ownBytes: number
  /** In all its networks and through the NAT, as `NetworkRate` counts, since the sample before. */
  receivedBytesPerSecond: number
  sentBytesPerSecond: number
}

/** Of the last hour, oldest first. While it does not run nothing is measured. */
export interface ContainerHistory {
  /** The least time between two samples. */
  intervalMs: number
  samples: ContainerSample[]
}

/** A measurement, as it was taken. */
export interface MemoryEvent {
  Type: 'memory'
  Action: 'sample'
  sample: MemorySample
  report: MemoryReport
  /** Of each VM's process since the sample before: 1 is one of the host's CPUs, busy all the time. */
  cpu: Record<string, number>
}

export interface TemplateEvent {
  Type: 'template'
  Action: 'create' | 'remove'
  Actor: { ID: string }
}

/** What goes through the networks, as it was measured; while nothing is counted it is not told. */
export interface RatesEvent {
  Type: 'rates'
  Action: 'sample'
  rates: NetworkRate[]
}

/** What `/ramet/v1/events` tells, one JSON line each: Docker's events, and what Docker has no word for. */
export type RametEvent = EventMessage | MemoryEvent | TemplateEvent | RatesEvent

/** What a start came from: a boot, a template, or a clone of it that was waiting. */
export type StartOrigin = 'cold' | 'clone' | 'standby'

/**
 * In their order: all that comes before the VM is there; QEMU answers; the device state is loaded; the CPUs run; the
 * guest answers; it has its identity; the process runs; it has ended.
 */
export type StartStep =
  'prepared' | 'spawned' | 'restored' | 'resumed' | 'joined' | 'identified' | 'running' | 'exited'

/** Where the time of a start went. */
export interface StartReport {
  container: { id: string; name: string }
  /** RFC 3339, of the request. */
  at: string
  from: StartOrigin
  /** Why no waiting clone served it, where one might have. */
  missed?: string
  /** Milliseconds from the request to each step that was reached. */
  steps: Partial<Record<StartStep, number>>
}

/** How many clones wait, of all templates. */
export interface StandbySettings {
  /** 0: none. */
  count: number
  /** What they may hold together. */
  memoryBytes: number
  /** None wait while the workstation has less than this available. */
  reserveBytes: number
}

export interface StandbyReport {
  settings: StandbySettings
  waiting: {
    template: string
    image: string
    /** RFC 3339. */
    since: string
    /** What one of that template held when it was last measured. */
    bytes: number
  }[]
  /** Since the engine came up: starts that a waiting clone served, and others that one might have. */
  hits: number
  misses: number
  /** Misses by their reasons. */
  missed: Record<string, number>
  /** Clones that waited for nothing. */
  dropped: number
  /** Memory is short: none are made. */
  short: boolean
}

export interface HostInfo {
  accelerator: Accelerator
  acceleratorReason: string
  libvirtUri: string
  libvirtVersion: string
  qemuVersion: string
  kit: string
  kernel: string
  engineVersion: string
  pid: number
  home: string
}

export interface DoctorCheck {
  name: string
  status: 'ok' | 'warning' | 'failed'
  /** What was found. */
  finding: string
  /** What to do about it; empty when all is well. */
  advice: string
}

export interface DoctorReport {
  ok: boolean
  checks: DoctorCheck[]
}

/** Progress of making a template, one JSON line each; the last has `template` or `error`. */
export interface TemplateProgress {
  status: string
  template?: TemplateSummary
  error?: { code: string; message: string }
}

export interface TemplateCreateRequest {
  image: string
  memoryBytes?: number
  vcpus?: number
  /** Make it anew even when a valid one is there. */
  rebuild?: boolean
}

/** A saved or recent run: one click makes and starts a container of it. */
export interface QuickLaunch {
  /** Hex. */
  id: string
  /** For people; the image where none was given. */
  title: string
  /** Pinned ones stay; of the others the last ten are kept. */
  pinned: boolean
  /** RFC 3339. */
  usedAt: string
  /** Of the container. Where it is taken by one that does not run, that one is started instead of a new one. */
  name?: string
  config: ContainerCreateRequest
}

/** Saves a run; the same settings again change title, pin and time of what is there. */
export type QuickLaunchRequest = Pick<QuickLaunch, 'config' | 'name'> &
  Partial<Pick<QuickLaunch, 'title' | 'pinned'>>

export interface QuickLaunchRun {
  /** The container's. */
  id: string
  name: string
}
