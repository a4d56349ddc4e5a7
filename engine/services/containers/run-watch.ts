import { lastExit } from '../../guest/log-reader.ts'
import type { ContainerCore } from './container-core.ts'
import { settlePorts } from './live-ports.ts'
import type { RunEnd } from './run-end.ts'

/** Keeps an eye on a run, from its start or from where an engine before this one left it, to its end. */
export class RunWatch {
  readonly #core: ContainerCore
  readonly #end: RunEnd

  constructor(core: ContainerCore, end: RunEnd) {
    this.#core = core
    this.#end = end
  }

  begin(): void {
    const core = this.#core
    const agent = core.agent()
    core.output.begin()
    core.monitor()
    void agent.waitExit.then(
      // The guest has written everything out: nothing is lost by not waiting for its power-off.
      () => this.#end.finished({ endMachine: true }),
      // The link broke: libvirt's event tells whether the VM did.
      () => undefined,
    )
  }

  /** Joins a run that an engine before this one began; ends it where the guest has ended, or does not answer. */
  async takeUp(): Promise<void> {
    if (await this.#core.machine.rejoin(this.#core.record)) return this.begin()
    await this.#end.byForce()
  }

  /** Takes up a container that an engine before this one left, in whatever state. */
  async adopt(): Promise<void> {
    const core = this.#core
    const { record, machine, context } = core
    const state = await machine.state()
    const { phase } = record
    // What the VM does counts: an engine may have been killed between telling it and writing that down. One that
    // has powered off while no engine ran looks paused too: its log tells.
    const ended = await lastExit(core.paths.log, record.run)
    record.paused = phase === 'running' && state === 'paused' && !ended
    if (core.paused && record.freezing) {
      await machine.vm!.resume()
      record.paused = false
    }
    record.freezing = undefined
    if (phase === 'running' && state !== 'off' && !ended) {
      await context.networks.tell(record)
      const settled = [context.networks.bound(record, machine.vm!), settlePorts(record, machine.vm!)]
      for (const each of settled) await each.catch((error: Error) => context.log(error.message))
    }
    // A guest that stands still cannot answer: the link is made once it goes on.
    if (core.paused) return
    if (phase === 'running' && state !== 'off') return this.takeUp()
    // A start that was cut short, or a run that ended while nobody looked: QEMU waits for somebody to end it.
    await machine.endLeft()
    await this.#end.finished()
  }
}
