import type { ContainerSummary } from '../../../contract/docker.ts'
import type { EngineState } from '../../../contract/ipc.ts'
import type { MemoryReport, QuickLaunch, RametEvent } from '../../../contract/ramet.ts'
import type { EngineConnection } from '../engine/connection.ts'
import { EMPTY_MODEL, type TrayModel } from './model.ts'

/** Events come in bursts, when a compose file starts, say. */
const SETTLE_MS = 250
/** What of a container's life changes a line of the tray. */
const TELLING = /^(start|die|destroy|rename|pause|unpause|health_status.*)$/

interface FeedOptions {
  engine: EngineConnection
  onModel(model: TrayModel): void
  /** With each time that they were asked for. */
  onLaunches(launches: QuickLaunch[]): void
  log(message: string): void
  settleMs?: number
}

/** Keeps what the tray shows: asked for when the engine is found, and again after events that change it. */
export class TrayFeed {
  readonly #options: FeedOptions
  #model = EMPTY_MODEL
  #timer: NodeJS.Timeout | undefined
  #loading = false
  #stale = false

  constructor(options: FeedOptions) {
    this.#options = options
  }

  get model(): TrayModel {
    return this.#model
  }

  onState(engine: EngineState): void {
    // What ran still runs, but nobody can reach it.
    this.#become(engine.phase === 'running' ? { ...this.#model, engine } : { ...EMPTY_MODEL, engine })
  }

  onEvent(event: RametEvent | 'connected'): void {
    if (event !== 'connected' && event.Type === 'memory') {
      return this.#become({ ...this.#model, savedBytes: event.report.totals.savedBytes })
    }
    const telling =
      event === 'connected' ||
      (event.Type === 'container' && TELLING.test(event.Action)) ||
      (event.Type === 'daemon' && event.Action === 'launches')
    if (!telling || this.#timer) return
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      void this.#load()
    }, this.#options.settleMs ?? SETTLE_MS)
  }

  async #load(): Promise<void> {
    this.#stale = true
    if (this.#loading) return
    this.#loading = true
    const { engine, onLaunches, log } = this.#options
    try {
      // What changes while it is asked for is asked for again.
      while (this.#stale) {
        this.#stale = false
        const [containers, launches, memory] = await Promise.all([
          engine.get<ContainerSummary[]>('/containers/json'),
          engine.get<QuickLaunch[]>('/ramet/v1/launches'),
          engine.get<MemoryReport>('/ramet/v1/memory').catch(() => undefined),
        ])
        onLaunches(launches)
        this.#become({ ...this.#model, containers, launches, savedBytes: memory?.totals.savedBytes })
      }
    } catch (error) {
      // The engine has gone, which its event stream tells too.
      log(`the tray: ${(error as Error).message}`)
    } finally {
      this.#loading = false
    }
  }

  #become(model: TrayModel): void {
    this.#model = model
    this.#options.onModel(model)
  }
}
