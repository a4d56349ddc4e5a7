import { EngineError } from '../../../contract/errors.ts'
import type { ContainerCore } from './container-core.ts'
import type { Pause } from './pause.ts'
import type { RunEnd } from './run-end.ts'
import { within } from './within.ts'

/** After the last signal: what the guest may still take to write out its disk and power off. */
const POWER_OFF_MS = 5_000
const DEFAULT_STOP_SECONDS = 10

export interface StopOptions {
  timeoutSeconds?: number
  signal?: string
}

/** Ends a run from outside: by signals, and where they do not help by force. */
export class Stopping {
  readonly #core: ContainerCore
  readonly #pause: Pause
  readonly #end: RunEnd

  constructor(core: ContainerCore, pause: Pause, end: RunEnd) {
    this.#core = core
    this.#pause = pause
    this.#end = end
  }

  /** Sends the stop signal, after the timeout SIGKILL. A user wants it so: no policy starts it again. */
  async stop(options: StopOptions): Promise<void> {
    const core = this.#core
    const { config } = core.record
    core.record.stoppedByUser = true
    const exited = core.exits.next()
    // Only a guest that runs takes signals. One that cannot go on any more is ended below.
    if (core.paused) await this.#pause.resume().catch((error: Error) => core.context.log(error.message))
    const seconds = options.timeoutSeconds ?? config.StopTimeout ?? DEFAULT_STOP_SECONDS
    await this.#signal(options.signal ?? config.StopSignal ?? 'SIGTERM')
    if (await within(exited, seconds < 0 ? undefined : seconds * 1000)) return
    await this.#signal('SIGKILL')
    if (await within(exited, POWER_OFF_MS)) return
    await this.#end.byForce()
  }

  async #signal(signal: string): Promise<void> {
    try {
      await this.#core.agent().signal(signal)
      this.#core.emit('kill', { signal })
    } catch (error) {
      // A guest that no longer answers is ended from outside by the caller.
      if (error instanceof EngineError && error.code === 'INVALID_ARGUMENT') throw error
    }
  }

  async kill(signal: string): Promise<void> {
    const core = this.#core
    if (core.paused) await this.#pause.resume()
    const agent = core.agent()
    const fatal = ['SIGKILL', 'KILL', '9'].includes(signal.toUpperCase())
    if (fatal) core.record.stoppedByUser = true
    const exited = core.exits.next()
    await agent.signal(signal)
    core.emit('kill', { signal })
    if (!fatal || (await within(exited, POWER_OFF_MS))) return
    await this.#end.byForce()
  }
}
