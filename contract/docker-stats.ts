/** What `GET /containers/ID/stats` answers: the part of Docker's shape that holds on Linux with cgroup v2. */

export interface CpuStats {
  cpu_usage: {
    /** Nanoseconds, as those below. */
    total_usage: number
    usage_in_usermode: number
    usage_in_kernelmode: number
  }
  /** Nanoseconds of all CPUs of the host; absent before the first measurement. */
  system_cpu_usage?: number
  online_cpus?: number
  throttling_data: { periods: number; throttled_periods: number; throttled_time: number }
}

export interface MemoryStats {
  usage?: number
  limit?: number
  stats?: Record<string, number>
}

export interface NetworkStats {
  rx_bytes: number
  rx_packets: number
  rx_errors: number
  rx_dropped: number
  tx_bytes: number
  tx_packets: number
  tx_errors: number
  tx_dropped: number
}

export interface BlockEntry {
  major: number
  minor: number
  op: 'read' | 'write'
  value: number
}

export interface BlockStats {
  io_service_bytes_recursive: BlockEntry[] | null
  io_serviced_recursive: null
  io_queue_recursive: null
  io_service_time_recursive: null
  io_wait_time_recursive: null
  io_merged_recursive: null
  io_time_recursive: null
  sectors_recursive: null
}

/** Of a container that does not run all but its names is empty. */
export interface ContainerStats {
  id: string
  name: string
  /** RFC 3339. */
  read: string
  preread: string
  pids_stats: { current?: number; limit?: number }
  blkio_stats: BlockStats
  num_procs: 0
  storage_stats: object
  cpu_stats: CpuStats
  /** What `cpu_stats` was one measurement before. */
  precpu_stats: CpuStats
  memory_stats: MemoryStats
  /** By the interface's name in the container. */
  networks?: Record<string, NetworkStats>
}
