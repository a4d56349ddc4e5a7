import type { HostConfig } from '../../contract/docker.ts'
import type { DefaultLimits } from '../../contract/engine-settings.ts'
import { EngineError } from '../../contract/errors.ts'
import type { GuestLimits } from '../guest/agent-client.ts'
import type { VmLimits } from '../hypervisor/virtual-machine.ts'

const MIB = 1024 * 1024
const PERIOD_US = 100_000
/** Docker's own least: below it no process starts. */
export const LEAST_MEMORY = 6 * MIB
/** The kernel's own least of a CPU's time, for its usual period. */
export const LEAST_CPUS = 0.01
/** Docker's shares of a container that asks for none; systemd's weight of a unit that does. */
const DEFAULT_SHARES = 1024
const DEFAULT_WEIGHT = 100

/** CPUs that a container may use, a fraction perhaps; undefined is as many as its VM has. */
export function cpusOf({ NanoCpus, CpuQuota, CpuPeriod }: HostConfig): number | undefined {
  const quota = number('CpuQuota', CpuQuota)
  const period = number('CpuPeriod', CpuPeriod) || PERIOD_US
  const nano = number('NanoCpus', NanoCpus)
  if (nano && quota) {
    throw invalid('NanoCpus and CpuQuota say the same thing; give one of them (--cpus or --cpu-quota)')
  }
  if (nano) return nano / 1e9
  return quota > 0 ? quota / period : undefined
}

/** A container's settings with the limits of those that ask for none. */
export function withDefaults(host: HostConfig, { memoryBytes, cpus }: DefaultLimits): HostConfig {
  return {
    ...host,
    ...(memoryBytes && !host.Memory ? { Memory: Math.max(memoryBytes, reservedOf(host)) } : {}),
    ...(cpus && cpusOf(host) === undefined ? { NanoCpus: Math.round(cpus * 1e9) } : {}),
  }
}

/**
 * What the guest's own kernel and agent take, measured with room to spare, so that a container can use what it is
 * limited to; the kernel's list of pages, and what it keeps free, grow with their number.
 */
const GUEST_SYSTEM_MEMORY = 112 * MIB
const PER_GUEST_MEMORY = 17 / 16
const DEFAULT_VM_MEMORY = 512 * MIB

/** RAM of the VM of a container with this limit, in bytes; 0 is no limit. */
export function vmMemory(limit: number): number {
  const wanted = limit ? limit * PER_GUEST_MEMORY + GUEST_SYSTEM_MEMORY : DEFAULT_VM_MEMORY
  return Math.ceil(wanted / (2 * MIB)) * 2 * MIB
}

/** The highest limit that a VM of this RAM serves. */
export function memoryFitting(vmBytes: number): number {
  return Math.floor((vmBytes - GUEST_SYSTEM_MEMORY) / PER_GUEST_MEMORY)
}

/** CPUs that a VM has where nothing is said of them. */
export const DEFAULT_VCPUS = 1

/** Whole CPUs that a container's VM needs. */
export function vcpusOf(host: HostConfig): number {
  return Math.ceil(cpusOf(host) ?? DEFAULT_VCPUS)
}

/** What the guest holds the container's processes to. */
export function guestLimits(host: HostConfig): GuestLimits {
  const cpus = cpusOf(host)
  return {
    pids: Math.max(0, number('PidsLimit', host.PidsLimit)),
    memoryBytes: memoryOf(host),
    cpuQuotaUs: cpus === undefined ? 0 : Math.max(1000, Math.round(cpus * PERIOD_US)),
  }
}

/** What the host holds the VM to, whatever its guest does. */
export function vmLimits(host: HostConfig): VmLimits {
  const shares = number('CpuShares', host['CpuShares'])
  const weight = number('BlkioWeight', host['BlkioWeight'])
  if (weight !== 0 && (weight < 10 || weight > 1000))
    throw invalid(`BlkioWeight ${weight} is not from 10 to 1000`)
  return {
    cpus: cpusOf(host),
    cpuset: cpuset(host['CpusetCpus']),
    cpuWeight: shares > 0 ? bounded((shares / DEFAULT_SHARES) * DEFAULT_WEIGHT) : undefined,
    // The scale that runc uses too.
    ioWeight: weight > 0 ? bounded(1 + ((weight - 10) * 9999) / 990) : undefined,
    disk: {
      readBytesPerSecond: rate('BlkioDeviceReadBps', host['BlkioDeviceReadBps']),
      writeBytesPerSecond: rate('BlkioDeviceWriteBps', host['BlkioDeviceWriteBps']),
      readsPerSecond: rate('BlkioDeviceReadIOps', host['BlkioDeviceReadIOps']),
      writesPerSecond: rate('BlkioDeviceWriteIOps', host['BlkioDeviceWriteIOps']),
    },
  }
}

/** Whether there is anything to hold the VM to. */
export function isLimited({ disk, cpus, cpuset, cpuWeight, ioWeight }: VmLimits): boolean {
  return (
    Object.values(disk).some((rate) => rate > 0) ||
    [cpus, cpuset, cpuWeight, ioWeight].some((each) => each !== undefined)
  )
}

/** Whether an update leaves anything to be told to guest and host. */
export function limitsDiffer(before: HostConfig, after: HostConfig): boolean {
  const all = (host: HostConfig) => JSON.stringify([guestLimits(host), vmLimits(host)])
  return all(before) !== all(after)
}

/** The memory limit in bytes; 0 is none. A guest has no swap, so a limit of memory and swap says the same. */
export function memoryOf({ Memory }: HostConfig): number {
  const memory = number('Memory', Memory)
  if (memory !== 0 && memory < LEAST_MEMORY) throw invalid('the memory limit must be 6 MiB or more')
  return memory
}

/** Memory that is kept for it as long as it runs, in bytes; 0 is none. */
export function reservedOf(host: HostConfig): number {
  const reserved = number('MemoryReservation', host.MemoryReservation)
  const memory = memoryOf(host)
  if (reserved < 0) throw invalid('MemoryReservation must not be negative')
  if (memory !== 0 && reserved > memory)
    throw invalid(
      `MemoryReservation ${reserved} is more than the memory limit, ${memory}; raise that (--memory), or reserve less (--memory-reservation)`,
    )
  return reserved
}

/** Memory that its VM is to have for it, in bytes; 0 is as much as a VM has by default. */
export function servedMemory(host: HostConfig): number {
  const reserved = reservedOf(host)
  return memoryOf(host) || (reserved > memoryFitting(DEFAULT_VM_MEMORY) ? reserved : 0)
}

/** Size of the writable disk in bytes (`--storage-opt size=10G`); undefined is the default. */
export function storageBytes(host: HostConfig): number | undefined {
  const options = (host['StorageOpt'] ?? {}) as Record<string, string>
  const [unknown] = Object.keys(options).filter((name) => name !== 'size')
  if (unknown) throw invalid(`StorageOpt ${unknown} is not known; only size is`)
  if (options['size'] === undefined) return undefined
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?)\s*([kmgt]?)i?b?$/i.exec(options['size']) ?? []
  const bytes = Math.floor(Number(digits) * 1024 ** ' kmgt'.indexOf(unit.toLowerCase() || ' '))
  const whole = Math.ceil(bytes / MIB) * MIB
  if (!(whole >= 64 * MIB))
    throw invalid(`StorageOpt size=${options['size']}: write 64m or more, for example size=10G`)
  return whole
}

/** Every block device of a request means the one writable disk: a VM has none of the host's. */
function rate(name: string, value: unknown): number {
  const rates = ((value ?? []) as { Path?: string; Rate?: number }[]).map(({ Rate }) => number(name, Rate))
  if (rates.some((each) => each < 0)) throw invalid(`${name} must not be negative`)
  return rates.length === 0 ? 0 : Math.min(...rates)
}

function cpuset(value: unknown): string | undefined {
  if (value === undefined || value === null || value === '') return undefined
  if (typeof value === 'string' && /^\d+(-\d+)?(,\d+(-\d+)?)*$/.test(value)) return value
  throw invalid(`CpusetCpus '${String(value)}' is no list of CPUs; write for example 0-2,4`)
}

function number(name: string, value: unknown): number {
  if (value === undefined || value === null) return 0
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value
  throw invalid(`${name} must be a whole number`)
}

function bounded(weight: number): number {
  return Math.min(10_000, Math.max(1, Math.round(weight)))
}

function invalid(message: string): EngineError {
  return new EngineError('INVALID_ARGUMENT', message)
}
