import { lastExit } from '../../guest/log-reader.ts'
import type { ContainerCore } from './container-core.ts'
import { wantsRestart } from './restart.ts'

/** Exit status of a container whose VM ended without telling one: it was killed from outside. */
const LOST_EXIT_CODE = 137

/** What follows the end of a run: the restart policy's start, `--rm`'s removal. */
export interface AfterRun {
  start(): Promise<void>
  removeBySelf(): void
}

/** Ends the record of a run. Told by whoever notices first; once for each run. */
export class RunEnd {
  readonly #core: ContainerCore
  readonly #after: AfterRun
  #finishing: Promise<void> | undefined

  constructor(core: ContainerCore, after: AfterRun) {
    this.#core = core
    this.#after = after
  }

  finished(options: { endMachine: boolean } = { endMachine: false }): Promise<void> {
    this.#finishing ??= this.#finish(options).finally(() => (this.#finishing = undefined))
    return this.#finishing
  }

  /** Ends a machine that does not end by itself. */
  async byForce(): Promise<void> {
    await this.#core.machine.end()
    await this.finished()
  }

  async #finish({ endMachine }: { endMachine: boolean }): Promise<void> {
    const core = this.#core
    const { record, context, machine } = core
    const underWay = (): boolean => record.phase === 'running' || record.phase === 'starting'
    if (!underWay()) return
    // Read first: whoever looks at the record finds the run, or its end with the exit code.
    const exit = await lastExit(core.paths.log, record.run).catch(() => undefined)
    if (!underWay()) return
    core.times?.reached('exited')
    record.phase = 'exited'
    record.paused = false
    core.health.end()
    core.output.end()
    machine.closeLink()
    record.exitCode = exit?.code ?? LOST_EXIT_CODE
    record.oomKilled = exit?.oomKilled ?? false
    record.finishedAt = (exit ? new Date(Number(exit.timeNs / 1_000_000n)) : new Date()).toISOString()
    record.error = exit
      ? ''
      : 'the VM ended without an exit status: it was killed, crashed, or the host went down'
    record.ports = []
    context.networks.release(record)
    const again = wantsRestart(record)
    if (again) record.restartCount++
    await core.save()
    // Not before: libvirt would save the record after it. Whoever waits for the exit need not wait for this; a start
    // or a removal does.
    if (endMachine) machine.end().catch((error: Error) => context.log(error.message))
    core.emit('die', { exitCode: String(record.exitCode) })
    context.networks.announce('disconnect', record)
    if (again) {
      const started = Date.parse(record.startedAt)
      core.restart.schedule(Date.now() - started, () => this.#after.start().catch(() => {}))
    }
    core.exits.exited(record.exitCode)
    if (record.hostConfig.AutoRemove) this.#after.removeBySelf()
  }
}
