import { EngineError } from '../../contract/errors.ts'
import type { ContainerSummary } from '../../contract/docker.ts'
import { defaultFork } from '../../contract/fork.ts'
import type { EngineState, Place } from '../../contract/ipc.ts'
import { nameOf } from '../../contract/names.ts'
import type { ForkResponse, QuickLaunchRun } from '../../contract/ramet.ts'
import type { ShellCommand } from './commands.ts'
import type { EngineConnection } from './engine/connection.ts'
import type { TrayAction } from './tray/model.ts'
import { inert } from './tray/text.ts'

interface ActionOptions {
  engine: EngineConnection
  /** Waits for an engine that starts. */
  engineReady(): Promise<EngineState>
  go(place: Place | undefined): Promise<void>
  browse(url: string): Promise<void>
  confirmStopAll(running: ContainerSummary[]): Promise<boolean>
  quit(): void
  tell(level: 'info' | 'error', message: string): void
}

/** What the tray and the desktop's actions do. A failure is told to the user; none rejects. */
export class Actions {
  readonly #the: ActionOptions

  constructor(options: ActionOptions) {
    this.#the = options
  }

  async perform(action: TrayAction | ShellCommand): Promise<void> {
    try {
      await this.#perform(action)
    } catch (error) {
      this.#the.tell('error', (error as Error).message)
    }
  }

  async #perform(action: TrayAction | ShellCommand): Promise<void> {
    const { go, browse, quit, engineReady } = this.#the
    switch (action.do) {
      case 'show':
      case 'go':
        return go(action.place)
      case 'hide':
        return
      case 'browse':
        return browse(action.url)
      case 'quit':
        return quit()
      case 'launch':
        return this.#launch(action.id)
      case 'fork':
        return this.#fork(action.id, action.count)
      case 'checkpoint':
        return this.#checkpoint(action.id)
      case 'stop':
        return this.#stop(action.id)
      case 'stop-all':
        return this.#stopAllAsked()
      case 'start-engine':
        await engineReady()
    }
  }

  async #launch(id: string): Promise<void> {
    const { engine, tell } = this.#the
    await this.#ready()
    const path = `/ramet/v1/launches/${encodeURIComponent(id)}/run`
    const run = JSON.parse((await engine.request({ method: 'POST', path })).text) as QuickLaunchRun
    tell('info', `${inert(run.name)} runs.`)
  }

  async #fork(id: string, count: number): Promise<void> {
    const { engine, tell } = this.#the
    const all = await engine.get<ContainerSummary[]>('/containers/json?all=1')
    const parent = all.find(({ Id }) => Id === id)
    if (!parent) throw new EngineError('CONTAINER_NOT_FOUND', 'this container is gone')
    const { text } = await engine.request({
      method: 'POST',
      path: `/ramet/v1/containers/${encodeURIComponent(id)}/fork`,
      body: defaultFork(parent, all, count),
    })
    const names = (JSON.parse(text) as ForkResponse).containers.map(({ Name }) => inert(Name))
    tell('info', `${names.join(', ')} ${names.length === 1 ? 'runs' : 'run'}.`)
  }

  async #checkpoint(id: string): Promise<void> {
    const path = `/containers/${encodeURIComponent(id)}/checkpoints`
    await this.#the.engine.request({ method: 'POST', path, body: { Exit: false } })
    this.#the.tell('info', 'The checkpoint is taken; the container goes on.')
  }

  async #stop(id: string): Promise<void> {
    // One that has ended meanwhile is what was wanted.
    await this.#the.engine.request({ method: 'POST', path: `/containers/${encodeURIComponent(id)}/stop` })
  }

  /** Of what the engine says that runs: the tray may not know yet, where the application has just been started. */
  async #stopAllAsked(): Promise<void> {
    const { engine, confirmStopAll, tell } = this.#the
    await this.#ready()
    const running = await engine.get<ContainerSummary[]>('/containers/json')
    if (running.length === 0) return tell('info', 'No container runs.')
    if (await confirmStopAll(running)) await this.stopAll()
  }

  /** Rejects, naming them, where some could not be stopped. */
  async stopAll(): Promise<void> {
    await this.#ready()
    const running = await this.#the.engine.get<ContainerSummary[]>('/containers/json')
    const results = await Promise.allSettled(running.map(({ Id }) => this.#stop(Id)))
    const left = running.filter((_each, at) => results[at]!.status === 'rejected')
    if (left.length === 0) return
    const names = left.map((container) => inert(nameOf(container))).join(', ')
    throw new EngineError('INTERNAL', `these could not be stopped, see their logs: ${names}`)
  }

  async #ready(): Promise<void> {
    const state = await this.#the.engineReady()
    if (state.phase === 'failed') throw new EngineError('INTERNAL', state.message)
  }
}
