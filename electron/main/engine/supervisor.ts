import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { EngineState } from '../../../contract/ipc.ts'
import type { HostInfo, RametEvent } from '../../../contract/ramet.ts'
import type { EngineConnection } from './connection.ts'
import { followEvents } from './events.ts'
import type { OwnEngine } from './process.ts'

interface Times {
  /** For an engine that was started to answer. */
  start: number
  poll: number
  /** Before an engine that ended is looked for again: another may be about to take its place. */
  again: number
  /** How long one runs whose end is not counted against it. */
  goodRun: number
}
const TIMES: Times = { start: 60_000, poll: 50, again: 500, goodRun: 10_000 }
/** An engine that answers a ping at all does so at once. */
const PING_MS = 5_000
/** Engines that end one after the other before it is given up. */
const FAILURES_MAX = 3

interface SupervisorOptions {
  engine: EngineConnection
  start(): Promise<OwnEngine>
  onState(state: EngineState): void
  /** `connected` comes with every engine that is found, before its events: what was known may have changed. */
  onEvent(event: RametEvent | 'connected'): void
  times?: Times
}

/** Keeps an engine at hand: finds the one that runs, else starts its own, and again when that ends. */
export class EngineSupervisor {
  readonly #options: SupervisorOptions
  readonly #times: Times
  readonly #stopping = new AbortController()
  #state: EngineState = { phase: 'starting' }
  #own: OwnEngine | undefined
  /** Why the last one ended or did not start. */
  #lastWord = ''
  #failures = 0
  #running: Promise<void> | undefined

  constructor(options: SupervisorOptions) {
    this.#options = options
    this.#times = options.times ?? TIMES
  }

  get state(): EngineState {
    return this.#state
  }

  /** Looks after an engine until `stop`, or until it is given up; then this starts anew. */
  start(): void {
    if (this.#running || this.#stopping.signal.aborted) return
    this.#failures = 0
    this.#running = this.#keep().finally(() => (this.#running = undefined))
  }

  /** Starts where it was given up, and waits for what comes of it. */
  async startAgain(): Promise<EngineState> {
    this.start()
    while (this.#running && this.#state.phase !== 'running') {
      await delay(this.#times.poll)
    }
    return this.#state
  }

  /** Ends an engine of one's own; one that was found is left alone. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#own?.stop()
    await this.#running
  }

  async #keep(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      this.#become({ phase: 'starting', after: this.#lastWord || undefined })
      const began = Date.now()
      try {
        await this.#connect()
        await this.#follow()
      } catch (error) {
        this.#lastWord ||= (error as Error).message
      }
      if (this.#stopping.signal.aborted) return
      // The socket falls silent a little before the process has ended and said why.
      await Promise.race([this.#own?.ended, delay(this.#times.again)].filter(Boolean))
      this.#failures = Date.now() - began > this.#times.goodRun ? 1 : this.#failures + 1
      if (this.#failures >= FAILURES_MAX) {
        await this.#own?.stop()
        const why = this.#lastWord || 'it ends as soon as it runs'
        return this.#become({ phase: 'failed', message: `the engine does not start: ${why}` })
      }
    }
  }

  /** Resolves once an engine answers. */
  async #connect(): Promise<void> {
    const { engine, start } = this.#options
    await refuseForeign(engine.socketPath)
    if (await engine.answers(PING_MS)) return
    // One that no longer answers is on its way out, or hangs.
    await this.#own?.stop()
    const own = await start()
    this.#own = own
    this.#lastWord = ''
    void own.ended.then((why) => {
      this.#lastWord = why
      if (this.#own === own) this.#own = undefined
    })
    const deadline = Date.now() + this.#times.start
    while (Date.now() < deadline && !this.#stopping.signal.aborted) {
      if (await engine.answers(PING_MS)) return
      // Another engine may have been quicker than ours, which then refuses to start.
      if (!this.#own) throw new Error(this.#lastWord)
      await delay(this.#times.poll)
    }
    throw new Error(`it does not answer after ${this.#times.start / 1000} s`)
  }

  async #follow(): Promise<void> {
    const { engine, onEvent } = this.#options
    const { engineVersion } = await engine.get<HostInfo>('/ramet/v1/host')
    await followEvents(engine, {
      signal: this.#stopping.signal,
      onOpen: () => {
        this.#become({ phase: 'running', own: this.#own !== undefined, version: engineVersion })
        onEvent('connected')
      },
      onEvent,
    })
  }

  #become(state: EngineState): void {
    this.#state = state
    this.#options.onState(state)
  }
}

/** Anybody may make folders in /tmp: another user's socket is not to be trusted. */
async function refuseForeign(socketPath: string): Promise<void> {
  const folder = dirname(socketPath)
  const owner = await stat(folder).then(({ uid }) => uid, () => undefined) // prettier-ignore
  if (owner === undefined || owner === process.getuid!()) return
  throw new Error(`${folder} belongs to another user; set XDG_RUNTIME_DIR or RAMET_HOME`)
}
