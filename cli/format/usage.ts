import type { ContainerStats } from '../../contract/docker-stats.ts'

/** Of one CPU: 2 is two CPUs at work all the time. */
export function cpuShare({ cpu_stats: now, precpu_stats: before }: ContainerStats): number {
  const host = (now.system_cpu_usage ?? 0) - (before.system_cpu_usage ?? 0)
  const own = now.cpu_usage.total_usage - before.cpu_usage.total_usage
  return before.system_cpu_usage !== undefined && host > 0 ? (own / host) * (now.online_cpus ?? 1) : 0
}

/** Bytes; what siblings share with it is not its own. */
export function ownMemory({ memory_stats: { usage = 0, stats = {} } }: ContainerStats): number {
  return usage - (stats.inactive_file ?? 0)
}

/** Bytes that the disk gave or took since the start. */
export function moved({ blkio_stats }: ContainerStats, op: 'read' | 'write'): number {
  const blocks = blkio_stats.io_service_bytes_recursive ?? []
  return sum(blocks.filter((each) => each.op === op).map(({ value }) => value))
}

export const percent = (share: number): string => `${(share * 100).toFixed(2)}%`

export const sum = (numbers: number[]): number => numbers.reduce((total, each) => total + each, 0)
