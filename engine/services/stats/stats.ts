import type { ContainerStats } from '../../../contract/docker-stats.ts'
import type { Container } from '../containers/container.ts'
import type { ContainerService } from '../containers/containers.ts'
import type { MemoryService } from '../memory.ts'
import { GuestFiguresReader } from './guest-figures.ts'
import { takeSample, type Sample } from './sample.ts'
import { Sampler } from './sampler.ts'
import { statsView } from './view.ts'

/** What containers use, as Docker tells it. Who watches the same container shares one sampler. */
export class StatsService {
  readonly #containers: ContainerService
  readonly #memory: Pick<MemoryService, 'of'>
  readonly #samplers = new Map<string, Sampler<Sample>>()

  constructor(containers: ContainerService, memory: Pick<MemoryService, 'of'>) {
    this.#containers = containers
    this.#memory = memory
  }

  /** What it uses now; `compared` waits for a second measurement, so that there is one before it. */
  async once(idOrName: string, options: { compared: boolean; signal: AbortSignal }): Promise<ContainerStats> {
    const container = this.#containers.find(idOrName)
    if (!options.compared) {
      const now = await takeSample(container, this.#memory, new GuestFiguresReader(container))
      return statsView(container.record, now && { now })
    }
    for await (const stats of this.#watch(container, options.signal)) {
      const hasBefore = stats.precpu_stats.system_cpu_usage !== undefined
      if (hasBefore || !container.running) return stats
    }
    return statsView(container.record)
  }

  /** A measurement a second, whatever state it is in, until it is removed. Rejects at once where there is none. */
  async watch(idOrName: string, signal: AbortSignal): Promise<AsyncIterable<ContainerStats>> {
    return this.#watch(this.#containers.find(idOrName), signal)
  }

  /** Whoever is slow gets the newest and misses those between. */
  async *#watch(container: Container, signal: AbortSignal): AsyncGenerator<ContainerStats> {
    let news = Promise.withResolvers<ContainerStats | undefined>()
    const unwatch = this.#sampler(container).watch((reading) => {
      const { resolve } = news
      news = Promise.withResolvers()
      resolve(container.removed ? undefined : statsView(container.record, reading))
    })
    const stop = (): void => news.resolve(undefined)
    signal.addEventListener('abort', stop, { once: true })
    try {
      while (!signal.aborted) {
        const stats = await news.promise
        if (!stats) return
        yield stats
      }
    } finally {
      signal.removeEventListener('abort', stop)
      unwatch()
      if (this.#samplers.get(container.id)?.idle) this.#samplers.delete(container.id)
    }
  }

  #sampler(container: Container): Sampler<Sample> {
    let sampler = this.#samplers.get(container.id)
    if (!sampler) {
      const guest = new GuestFiguresReader(container)
      sampler = new Sampler(() => takeSample(container, this.#memory, guest))
      this.#samplers.set(container.id, sampler)
    }
    return sampler
  }
}
