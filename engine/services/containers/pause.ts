import { EngineError } from '../../../contract/errors.ts'
import type { ContainerCore } from './container-core.ts'
import type { RunWatch } from './run-watch.ts'

/** Stops the CPUs of a container's VM, and lets them go on. */
export class Pause {
  readonly #core: ContainerCore
  readonly #watch: RunWatch
  #resuming: Promise<void> | undefined

  constructor(core: ContainerCore, watch: RunWatch) {
    this.#core = core
    this.#watch = watch
  }

  async begin(): Promise<void> {
    const core = this.#core
    core.agent()
    // A probe under way would only run into its timeout.
    core.health.end()
    await core.machine.vm!.suspend()
    core.record.paused = true
    await core.save()
    core.emit('pause')
  }

  async end(): Promise<void> {
    const { record } = this.#core
    if (!this.#core.paused) throw new EngineError('CONFLICT', `container ${record.name} is not paused`)
    await this.resume()
    if (this.#core.running || !record.error) return
    throw new EngineError(
      'GUEST_ERROR',
      `container ${record.name} did not survive its pause: ${record.error}`,
    )
  }

  /** Once, however many ask: a kill does not wait for the change of state that is under way. */
  resume(): Promise<void> {
    this.#resuming ??= this.#letRun().finally(() => (this.#resuming = undefined))
    return this.#resuming
  }

  async #letRun(): Promise<void> {
    const core = this.#core
    await core.machine.vm!.resume()
    // Not waited for: a guest that does not answer goes on all the same.
    void core.machine.agent
      ?.setClock()
      .catch((error: Error) => core.context.log(`container ${core.record.name}: ${error.message}`))
    core.record.paused = false
    await core.save()
    core.emit('unpause')
    // An engine before this one paused it: nobody has spoken to its guest since.
    if (core.machine.agent) core.monitor()
    else await this.#watch.takeUp()
  }
}
