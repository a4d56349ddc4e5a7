import type { ContainerStats } from '../../../../../../contract/docker-stats.ts'
import type { ContainerSample } from '../../../../../../contract/ramet.ts'
import { progress, withQuery } from '../../../../api/engine.ts'

export interface Figures {
  /** Unix seconds. */
  at: number
  /** Per cent of one of the host's CPUs. */
  cpu: number
  memory: number
  /** Bytes a second. */
  received: number
  sent: number
  read: number
  written: number
}

/** Figures as they are measured, until the container goes. */
export async function watchStats(
  id: string,
  onFigures: (figures: Figures) => void,
  signal: AbortSignal,
): Promise<void> {
  const path = withQuery(`/containers/${id}/stats`, { stream: true })
  let before: ContainerStats | undefined
  for await (const batch of progress<ContainerStats>({ method: 'GET', path }, signal)) {
    for (const stats of batch) {
      const figures = before && figuresOf(stats, before)
      if (figures) onFigures(figures)
      before = stats
    }
  }
}

/** Longer without a sample than this, and it did not run. */
const GAP_MS = 60_000

/** With nothing taken where nothing was measured, since it did not run then. */
export function withGaps(samples: ContainerSample[]): ContainerSample[] {
  return samples.flatMap((sample, index) => {
    const before = samples[index - 1]
    if (!before || sample.at - before.at <= GAP_MS) return [sample]
    const nothing = { cpu: 0, ownBytes: 0, receivedBytesPerSecond: 0, sentBytesPerSecond: 0 }
    return [{ at: before.at + 1, ...nothing }, { at: sample.at - 1, ...nothing }, sample]
  })
}

export function figuresOf(now: ContainerStats, before: ContainerStats): Figures | undefined {
  const seconds = (Date.parse(now.read) - Date.parse(before.read)) / 1000
  if (!(seconds > 0) || now.memory_stats.usage === undefined) return undefined
  const rate = (pick: (stats: ContainerStats) => number): number =>
    Math.max(0, pick(now) - pick(before)) / seconds
  return {
    at: Date.parse(now.read) / 1000,
    cpu: rate(({ cpu_stats }) => cpu_stats.cpu_usage.total_usage) / 1e7,
    memory: (now.memory_stats.usage ?? 0) - (now.memory_stats.stats?.['inactive_file'] ?? 0),
    received: rate((stats) => network(stats, 'rx_bytes')),
    sent: rate((stats) => network(stats, 'tx_bytes')),
    read: rate((stats) => blocks(stats, 'read')),
    written: rate((stats) => blocks(stats, 'write')),
  }
}

const network = ({ networks }: ContainerStats, key: 'rx_bytes' | 'tx_bytes'): number =>
  Object.values(networks ?? {}).reduce((sum, each) => sum + each[key], 0)

const blocks = ({ blkio_stats }: ContainerStats, op: string): number =>
  (blkio_stats.io_service_bytes_recursive ?? [])
    .filter((each) => each.op.toLowerCase() === op)
    .reduce((sum, { value }) => sum + value, 0)
