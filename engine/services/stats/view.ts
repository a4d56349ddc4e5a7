import type { BlockStats, ContainerStats, CpuStats, MemoryStats } from '../../../contract/docker-stats.ts'
import { ownBytes } from '../../../contract/own-memory.ts'
import type { ContainerRecord } from '../containers/record.ts'
import type { Sample } from './sample.ts'
import type { Reading } from './sampler.ts'

const NEVER = '0001-01-01T00:00:00Z'
/** The VM's disk as the guest knows it: virtio-blk's first. */
const DISK = { major: 254, minor: 0 }

/** Docker's answer; without a reading, that of a container that does not run. */
export function statsView(record: ContainerRecord, reading?: Reading<Sample>): ContainerStats {
  const { now, before } = reading ?? {}
  const limit = record.hostConfig.PidsLimit ?? 0
  return {
    id: record.id,
    name: `/${record.name}`,
    read: now ? new Date(now.atMs).toISOString() : NEVER,
    preread: before ? new Date(before.atMs).toISOString() : NEVER,
    pids_stats: now ? { current: now.guest.pids, ...(limit > 0 ? { limit } : {}) } : {},
    blkio_stats: blockStats(now),
    num_procs: 0,
    storage_stats: {},
    cpu_stats: cpuStats(now),
    precpu_stats: cpuStats(before),
    memory_stats: now ? memoryStats(now) : {},
    ...(now ? { networks: now.guest.networks } : {}),
  }
}

function cpuStats(sample: Sample | undefined): CpuStats {
  const { userNs = 0, kernelNs = 0 } = sample?.cpu ?? {}
  return {
    cpu_usage: {
      total_usage: userNs + kernelNs,
      usage_in_usermode: userNs,
      usage_in_kernelmode: kernelNs,
    },
    ...(sample ? { system_cpu_usage: sample.host.totalNs, online_cpus: sample.host.cpus } : {}),
    throttling_data: { periods: 0, throttled_periods: 0, throttled_time: 0 },
  }
}

/**
 * `usage` is all that the VM's process has in memory. Docker's clients show it less `inactive_file`, which is what
 * siblings share with it, files that the kernel may drop: so they show what this container alone takes.
 */
function memoryStats({ memory, limitBytes, guest }: Sample): MemoryStats {
  const { privateBytes, sharedBytes, imageBytes, overheadBytes } = memory
  const own = ownBytes(memory)
  const shared = sharedBytes + imageBytes
  return {
    usage: own + shared,
    limit: limitBytes,
    stats: {
      anon: own,
      file: shared,
      active_file: 0,
      inactive_file: shared,
      ramet_private: privateBytes,
      ramet_overhead: overheadBytes,
      ramet_shared_template: sharedBytes,
      ramet_shared_image: imageBytes,
      ramet_guest_available: guest.memoryAvailable,
    },
  }
}

function blockStats(sample: Sample | undefined): BlockStats {
  return {
    io_service_bytes_recursive: sample
      ? [
          { ...DISK, op: 'read', value: sample.disk.readBytes },
          { ...DISK, op: 'write', value: sample.disk.writeBytes },
        ]
      : null,
    io_serviced_recursive: null,
    io_queue_recursive: null,
    io_service_time_recursive: null,
    io_wait_time_recursive: null,
    io_merged_recursive: null,
    io_time_recursive: null,
    sectors_recursive: null,
  }
}
