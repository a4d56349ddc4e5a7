import type { StandbyOrigin } from './standby.ts'

/** After this long a start counts half. */
const HALF_LIFE_MS = 10 * 60_000
/** A template that nobody started from for so long has no clones waiting. */
const FORGOTTEN_MS = 60 * 60_000

interface Use {
  origin: StandbyOrigin
  image: string
  score: number
  at: number
}

/** Which templates are started from, and how often of late. */
export class Demand {
  readonly #uses = new Map<string, Use>()
  readonly #now: () => number

  constructor(now: () => number = Date.now) {
    this.#now = now
  }

  used(origin: StandbyOrigin, image: string): void {
    const { id } = origin.template
    this.#uses.set(id, { origin, image, score: this.#score(id) + 1, at: this.#now() })
  }

  forget(id: string): void {
    this.#uses.delete(id)
  }

  of(id: string): { origin: StandbyOrigin; image: string } | undefined {
    return this.#uses.get(id)
  }

  /** How many clones of each template are to wait, of `count` in all: each next one where it is most likely needed. */
  shares(count: number): Map<string, number> {
    const shares = new Map<string, number>()
    const recent = [...this.#uses].filter(([, { at }]) => this.#now() - at < FORGOTTEN_MS).map(([id]) => id)
    for (let given = 0; given < count && recent.length > 0; given++) {
      const worth = (id: string): number => this.#score(id) / ((shares.get(id) ?? 0) + 1)
      const next = recent.reduce((best, id) => (worth(id) > worth(best) ? id : best))
      shares.set(next, (shares.get(next) ?? 0) + 1)
    }
    return shares
  }

  #score(id: string): number {
    const use = this.#uses.get(id)
    return use ? use.score * 0.5 ** ((this.#now() - use.at) / HALF_LIFE_MS) : 0
  }
}
