import type { Container } from './containers/container.ts'

const INTERVAL = 5_000
/** Less is what clocks are corrected by all the time. */
const JUMP_MS = 500

interface ClockKeeperDependencies {
  running(): Pick<Container, 'paused' | 'agent'>[]
  log(message: string): void
  /** Milliseconds; for tests. */
  clocks?: () => { wall: number; monotonic: number }
}

/**
 * Keeps the clocks of guests with the workstation's: to a VM no time passes while the workstation sleeps, and nobody
 * tells it where its clock was set. The monotonic clock does not go on then either, so the two are compared.
 */
export class ClockKeeper {
  readonly #the: ClockKeeperDependencies
  #apart: number
  #timer: NodeJS.Timeout | undefined

  constructor(dependencies: ClockKeeperDependencies) {
    this.#the = dependencies
    this.#apart = this.#look()
  }

  start(): void {
    this.#timer = setInterval(() => void this.tick(), INTERVAL).unref()
  }

  close(): void {
    clearInterval(this.#timer)
  }

  /** Those that are paused are told when they go on. */
  async tick(): Promise<void> {
    const apart = this.#look()
    if (Math.abs(apart - this.#apart) < JUMP_MS) return
    this.#apart = apart
    const { running, log } = this.#the
    const awake = running().filter(({ paused }) => !paused)
    await Promise.all(
      awake.map(async (container) => {
        try {
          await container.agent().setClock()
        } catch (error) {
          log(`the clock of a container was not set: ${(error as Error).message}`)
        }
      }),
    )
  }

  #look(): number {
    const { clocks = () => ({ wall: Date.now(), monotonic: performance.now() }) } = this.#the
    const { wall, monotonic } = clocks()
    return wall - monotonic
  }
}
