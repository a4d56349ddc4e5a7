import { randomBytes } from 'node:crypto'
import type { ContainerConfig, ContainerStatus, HealthStatus, HostConfig } from '../../../contract/docker.ts'
import type { Endpoint } from '../networks/endpoint.ts'
import type { MountRecord } from '../mounts/record.ts'
import type { PortForward } from '../../hypervisor/virtual-machine.ts'

export const RECORD_VERSION = 1

export interface VmSize {
  memoryBytes: number
  vcpus: number
}

/** Everything that is known of a container, kept in its VM's metadata. Times are RFC 3339, '' for never. */
export interface ContainerRecord {
  version: typeof RECORD_VERSION
  /** 64 hex digits; the first 32 are the VM's uuid. */
  id: string
  /** Without a leading slash. */
  name: string
  createdAt: string
  image: { id: string; reference: string }
  /** Image and request, merged. */
  config: ContainerConfig
  hostConfig: HostConfig
  /** `starting` and `running` say what the VM was last told, not what it does now. */
  phase: 'created' | 'starting' | 'running' | 'exited'
  /** It runs, but its VM's CPUs stand still. */
  paused?: boolean
  /** What the health check of this run last found. */
  health?: HealthStatus
  /** Number of starts; the log's records carry it. */
  run: number
  startedAt: string
  finishedAt: string
  exitCode: number
  /** Why the last start or run failed, for people. */
  error: string
  oomKilled: boolean
  /** A user stopped it: a restart policy other than `always` leaves it so. */
  stoppedByUser: boolean
  restartCount: number
  /** What the current or last run published. */
  ports: PortForward[]
  /** In the order in which they are mounted; a socket's number is its place here. */
  mounts?: MountRecord[]
  templateId: string
  /** The waiting clone that it took for its current or last run: the uuid of that VM's own domain. */
  standby?: string
  /** The networks that it is in, that of its mode first; absent where it was made when there was only one. */
  networks?: Endpoint[]
  /** Of the VM of the current or last run. */
  vm?: VmSize
  /** Its disk, once it is not the first one: the file in its folder, and the layers that it lies on, uppermost first. */
  disk?: { file: string; layers: string[] }
  /** No guest has had its disk yet: it is as empty as when it was made. */
  fresh?: boolean
  /** What its next start wakes, in place of starting its command: a template that was frozen while a container ran. */
  frozen?: string
  /** A freeze is under way: its VM may stand still, and is to go on. */
  freezing?: boolean
  /** The container that it was forked from, or whose freeze it was started from. */
  parent?: { id: string; name: string; template: string }
}

/** Name of its disk's file. */
export function diskFile({ disk }: ContainerRecord): string {
  return disk?.file ?? 'disk.qcow2'
}

/** Another disk of a container than the ones before. */
export function newDiskName(): string {
  return `disk-${randomBytes(6).toString('hex')}.qcow2`
}

export function vmUuid(id: string): string {
  return [id.slice(0, 8), id.slice(8, 12), id.slice(12, 16), id.slice(16, 20), id.slice(20, 32)].join('-')
}

export function vmName(id: string): string {
  return `ramet-${id.slice(0, 12)}`
}

/** Of a container that never ran. */
export function newRecord(
  id: string,
  name: string,
  what: Pick<ContainerRecord, 'image' | 'config' | 'hostConfig'>,
): ContainerRecord {
  return {
    version: RECORD_VERSION,
    id,
    name,
    createdAt: new Date().toISOString(),
    ...what,
    phase: 'created',
    run: 0,
    startedAt: '',
    finishedAt: '',
    exitCode: 0,
    error: '',
    oomKilled: false,
    stoppedByUser: false,
    restartCount: 0,
    ports: [],
    templateId: '',
  }
}

export function encode(record: ContainerRecord): string {
  return JSON.stringify(record)
}

/** The record in `text`; undefined where it is of another version or not whole. */
export function decode(text: string): ContainerRecord | undefined {
  try {
    const record = JSON.parse(text) as ContainerRecord
    const whole = record.version === RECORD_VERSION && /^[0-9a-f]{64}$/.test(record.id) && !!record.name
    return whole ? record : undefined
  } catch {
    return undefined
  }
}

/** Docker's word for a phase. */
export function statusOf(record: ContainerRecord, restarting: boolean): ContainerStatus {
  if (restarting) return 'restarting'
  if (record.phase === 'running') return record.paused ? 'paused' : 'running'
  return record.phase === 'exited' ? 'exited' : 'created'
}
