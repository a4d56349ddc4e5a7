import type { StartOrigin, StartReport, StartStep } from '../../../contract/ramet.ts'

/** Starts that are remembered. */
const REMEMBERED = 256

/** One start: when each of its steps was reached. */
export class StartTimes {
  readonly #begun = performance.now()
  readonly #steps: StartReport['steps'] = {}
  readonly #container: StartReport['container']
  readonly #at = new Date().toISOString()
  #from: StartOrigin = 'cold'
  #missed: string | undefined

  constructor(container: StartReport['container']) {
    this.#container = container
  }

  from(origin: StartOrigin, missed?: string): void {
    this.#from = origin
    this.#missed = missed
  }

  reached(step: StartStep): void {
    this.#steps[step] = Math.round((performance.now() - this.#begun) * 100) / 100
  }

  report(): StartReport {
    return {
      container: this.#container,
      at: this.#at,
      from: this.#from,
      missed: this.#missed,
      steps: this.#steps,
    }
  }
}

/** The last starts, newest first. */
export class StartLog {
  readonly #starts: StartTimes[] = []

  begin(container: StartReport['container']): StartTimes {
    const times = new StartTimes(container)
    this.#starts.unshift(times)
    this.#starts.splice(REMEMBERED)
    return times
  }

  list(): StartReport[] {
    return this.#starts.map((times) => times.report())
  }
}
