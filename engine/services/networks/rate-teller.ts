import type { NetworkRate } from '../../../contract/ramet-networks.ts'
import type { EventBus } from '../events.ts'

const INTERVAL = 5_000

interface RateTellerOptions {
  rates(): Promise<NetworkRate[]>
  /** Whether anything runs. */
  isNeeded(): boolean
  events: Pick<EventBus, 'tell'>
  log(message: string): void
}

/** Tells what goes through the networks, every now and then while something is in one, so that nobody has to ask. */
export class RateTeller {
  readonly #the: RateTellerOptions
  #timer: NodeJS.Timeout | undefined
  #busy = false
  #told = false
  #failed = ''

  constructor(options: RateTellerOptions) {
    this.#the = options
  }

  start(): void {
    this.#timer = setInterval(() => void this.#tick(), INTERVAL).unref()
  }

  close(): void {
    clearInterval(this.#timer)
  }

  async #tick(): Promise<void> {
    if (this.#busy || !this.#the.isNeeded()) return
    this.#busy = true
    try {
      const rates = await this.#the.rates()
      // That there is nothing any more is told once.
      if (rates.length > 0 || this.#told) this.#the.events.tell({ Type: 'rates', Action: 'sample', rates })
      this.#told = rates.length > 0
      this.#failed = ''
    } catch (error) {
      const { message } = error as Error
      if (message !== this.#failed)
        this.#the.log(`what goes through the networks was not measured: ${message}`)
      this.#failed = message
    } finally {
      this.#busy = false
    }
  }
}
