import { ownBytes } from '../../contract/own-memory.ts'
import type { ContainerHistory, ContainerSample, MemoryEvent } from '../../contract/ramet.ts'
import type { EventBus } from './events.ts'

const KEPT = 60 * 60_000
const INTERVAL = 10_000
const LENGTH = KEPT / INTERVAL
const FIELDS = 3

/** What each container took over the last hour, of the samples that are taken anyway: 9 kB for each. */
export class ContainerHistories {
  readonly #rings = new Map<string, Ring>()
  readonly #unsubscribe: () => void

  constructor({ events }: { events: Pick<EventBus, 'subscribeToAll'> }) {
    this.#unsubscribe = events.subscribeToAll((event) => {
      if (event.Type === 'memory') this.#note(event)
      if (event.Type === 'container' && event.Action === 'destroy') this.#rings.delete(event.Actor.ID)
    })
  }

  close(): void {
    this.#unsubscribe()
  }

  of(id: string): ContainerHistory {
    const since = Date.now() - KEPT
    const samples = this.#rings.get(id)?.samples() ?? []
    return { intervalMs: INTERVAL, samples: samples.filter(({ at }) => at >= since) }
  }

  #note({ sample: { at }, report, cpu }: MemoryEvent): void {
    for (const container of report.containers) {
      const { id } = container
      const ring = this.#rings.get(id) ?? new Ring()
      this.#rings.set(id, ring)
      ring.push({ at, cpu: cpu[id] ?? 0, ownBytes: ownBytes(container) })
    }
  }
}

/** The last `LENGTH` samples, at most one in an interval. */
class Ring {
  readonly #values = new Float64Array(LENGTH * FIELDS)
  #count = 0
  #last = -Infinity

  push({ at, cpu, ownBytes }: ContainerSample): void {
    // Samples come sooner where something begins or ends, and seldom to the millisecond.
    if (at - this.#last < INTERVAL * 0.9) return
    this.#last = at
    this.#values.set([at, cpu, ownBytes], (this.#count++ % LENGTH) * FIELDS)
  }

  /** Oldest first. */
  samples(): ContainerSample[] {
    const first = Math.max(0, this.#count - LENGTH)
    return Array.from({ length: this.#count - first }, (_, index) => {
      const from = ((first + index) % LENGTH) * FIELDS
      const [at, cpu, ownBytes] = this.#values.subarray(from, from + FIELDS)
      return { at: at!, cpu: cpu!, ownBytes: ownBytes! }
    })
  }
}
