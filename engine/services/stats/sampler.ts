/** Two measurements that follow each other; `before` is missing for the first of a run. */
export interface Reading<Sample> {
  now: Sample
  before?: Sample
}

const EVERY_MS = 1000

/**
 * Measures again and again while anybody watches, however many do, and stops with the last of them. `take` answers
 * undefined where there is nothing to measure.
 */
export class Sampler<Sample extends { run: number }> {
  readonly #take: () => Promise<Sample | undefined>
  readonly #watchers = new Set<(reading: Reading<Sample> | undefined) => void>()
  #last: Sample | undefined
  #timer: NodeJS.Timeout | undefined
  #taking = false

  constructor(take: () => Promise<Sample | undefined>) {
    this.#take = take
  }

  /** Whether nobody watches. */
  get idle(): boolean {
    return this.#watchers.size === 0
  }

  /** Calls `watcher` with every measurement until the function that it answers is called. */
  watch(watcher: (reading: Reading<Sample> | undefined) => void): () => void {
    this.#watchers.add(watcher)
    if (!this.#timer && !this.#taking) void this.#tick()
    return () => {
      this.#watchers.delete(watcher)
      if (this.idle) this.#rest()
    }
  }

  async #tick(): Promise<void> {
    this.#timer = undefined
    this.#taking = true
    const start = performance.now()
    const now = await this.#take().catch(() => undefined)
    this.#taking = false
    const before = this.#last?.run === now?.run ? this.#last : undefined
    this.#last = now
    if (this.idle) return this.#rest()
    this.#timer = setTimeout(() => void this.#tick(), Math.max(0, EVERY_MS - (performance.now() - start)))
    for (const watcher of [...this.#watchers]) watcher(now && { now, before })
  }

  /** What comes after a rest is a first measurement again: nobody wants an average over the rest. */
  #rest(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#last = undefined
  }
}
