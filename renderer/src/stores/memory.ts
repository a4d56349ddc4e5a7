import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'
import type {
  ContainerMemory,
  MemoryHistory,
  MemoryReport,
  MemorySample,
  RametEvent,
} from '../../../contract/ramet.ts'
import { get } from '../api/engine.ts'
import { useConnection } from './connection.ts'

const HOUR = 60 * 60_000
/** Values that a sparkline shows. */
const SHAPE = 24

export interface Shape {
  cpu: number[]
  privateBytes: number[]
}

/** The engine's memory truth, live, and its last hour. */
export const useMemory = defineStore('memory', () => {
  const report = shallowRef<MemoryReport>()
  const samples = shallowRef<MemorySample[]>([])
  /** Cores that each VM keeps busy. */
  const cpu = shallowRef<Record<string, number>>({})
  const shapes = shallowRef(new Map<string, Shape>())

  async function load(): Promise<void> {
    try {
      const [now, history] = await Promise.all([
        get<MemoryReport>('/ramet/v1/memory'),
        get<MemoryHistory>('/ramet/v1/memory/history'),
      ])
      report.value = now
      samples.value = history.samples
    } catch {
      // The engine has gone: when it is back all is loaded.
    }
  }

  function apply(events: RametEvent[]): void {
    for (const event of events) {
      if (event.Type !== 'memory') continue
      report.value = event.report
      cpu.value = event.cpu
      samples.value = [...samples.value, event.sample].filter(({ at }) => at > event.sample.at - HOUR)
      shapes.value = new Map(
        event.report.containers.map(({ id, privateBytes }) => {
          const before = shapes.value.get(id)
          const longer = (values: number[] | undefined, value: number): number[] =>
            [...(values ?? []), value].slice(-SHAPE)
          return [
            id,
            {
              cpu: longer(before?.cpu, event.cpu[id] ?? 0),
              privateBytes: longer(before?.privateBytes, privateBytes),
            },
          ]
        }),
      )
    }
  }

  useConnection().subscribe({ onUp: () => void load(), onEvents: apply })

  return {
    report,
    samples,
    cpu,
    shapes,
    byId: computed(
      () => new Map<string, ContainerMemory>(report.value?.containers.map((each) => [each.id, each])),
    ),
  }
})
