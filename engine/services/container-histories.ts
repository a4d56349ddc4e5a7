import { ownBytes } from '../../contract/own-memory.ts'
import type { ContainerHistory, ContainerSample, MemoryEvent, RatesEvent } from '../../contract/ramet.ts'
import type { EventBus } from './events.ts'

const KEPT = 60 * 60_000
const INTERVAL = 10_000
const LENGTH = KEPT / INTERVAL
const FIELDS = 5

/** What went through a container's networks since it came into them. */
interface Traffic {
  at: number
  received: number
  sent: number
}

/** What each container took over the last hour, of the samples that are taken anyway: 14 kB for each. */
export class ContainerHistories {
  readonly #rings = new Map<string, Ring>()
  /** As it was last told, by container. */
  #traffic = new Map<string, Traffic>()
  readonly #unsubscribe: () => void

  constructor({ events }: { events: Pick<EventBus, 'subscribeToAll'> }) {
    this.#unsubscribe = events.subscribeToAll((event) => {
      if (event.Type === 'memory') this.#note(event)
      if (event.Type === 'rates') this.#count(event)
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
      ring.push({ at, cpu: cpu[id] ?? 0, ownBytes: ownBytes(container) }, this.#traffic.get(id))
    }
  }

  #count({ rates }: RatesEvent): void {
    const at = Date.now()
    this.#traffic = new Map()
    for (const { container, receivedBytes, sentBytes } of rates) {
      const { received = 0, sent = 0 } = this.#traffic.get(container) ?? {}
      this.#traffic.set(container, { at, received: received + receivedBytes, sent: sent + sentBytes })
    }
  }
}

/** The last `LENGTH` samples, at most one in an interval. */
class Ring {
  readonly #values = new Float64Array(LENGTH * FIELDS)
  #count = 0
  #last = -Infinity
  #before: Traffic | undefined

  push(
    { at, cpu, ownBytes }: Pick<ContainerSample, 'at' | 'cpu' | 'ownBytes'>,
    traffic: Traffic | undefined,
  ): void {
    // Samples come sooner where something begins or ends, and seldom to the millisecond.
    if (at - this.#last < INTERVAL * 0.9) return
    this.#last = at
    const rate = (name: 'received' | 'sent'): number => rateBetween(this.#before, traffic, name)
    const values = [at, cpu, ownBytes, rate('received'), rate('sent')]
    this.#values.set(values, (this.#count++ % LENGTH) * FIELDS)
    this.#before = traffic
  }

  /** Oldest first. */
  samples(): ContainerSample[] {
    const first = Math.max(0, this.#count - LENGTH)
    return Array.from({ length: this.#count - first }, (_, index) => {
      const from = ((first + index) % LENGTH) * FIELDS
      const [at, cpu, ownBytes, received, sent] = this.#values.subarray(from, from + FIELDS)
      return {
        at: at!,
        cpu: cpu!,
        ownBytes: ownBytes!,
        receivedBytesPerSecond: received!,
        sentBytesPerSecond: sent!,
      }
    })
  }
}

/** Bytes a second; 0 where there was nothing before to count from. */
function rateBetween(
  before: Traffic | undefined,
  now: Traffic | undefined,
  name: 'received' | 'sent',
): number {
  const seconds = before && now ? (now.at - before.at) / 1000 : 0
  if (!before || !now || seconds <= 0) return 0
  // A start, and a network that it has left, have it count anew.
  return Math.max(0, now[name] - before[name]) / seconds
}
