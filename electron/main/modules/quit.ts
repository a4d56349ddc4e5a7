import type { App, Dialog } from 'electron'
import type { ContainerSummary } from '../../../contract/docker.ts'
import { nameOf } from '../../../contract/names.ts'
import type { TrayModel } from '../tray/model.ts'
import { inert } from '../tray/text.ts'

const NAMES_MAX = 5

interface QuitOptions {
  model(): TrayModel
  stopAll(): Promise<void>
  /** False where its user stays. */
  closeWindow(): Promise<boolean>
  /** Ends what this application started; VMs run on. */
  close(): Promise<void>
  log(message: string): void
}

/** Serves: quitting says what will happen to running containers. */
export class Quitting {
  readonly #electron: { app: App; dialog: Dialog }
  readonly #options: QuitOptions
  #asking = false
  #closed = false

  constructor(electron: { app: App; dialog: Dialog }, options: QuitOptions) {
    this.#electron = electron
    this.#options = options
    const { app } = electron
    app.on('before-quit', (event) => {
      if (this.#closed) return
      event.preventDefault()
      void this.quit()
    })
    // The tray stays.
    app.on('window-all-closed', () => {})
  }

  /** Asks where containers run; once it is settled the application ends. */
  async quit(): Promise<void> {
    if (this.#asking || this.#closed) return
    this.#asking = true
    try {
      const answer = await this.#ask()
      if (answer === 'cancel') return
      if (answer === 'stop') await this.#options.stopAll()
      if (!(await this.#options.closeWindow())) return
      await this.#options.close()
      this.#closed = true
      this.#electron.app.quit()
    } catch (error) {
      const { message } = error as Error
      this.#options.log(`quitting: ${message}`)
      this.#electron.dialog.showErrorBox('Ramet does not quit', inert(message, 400))
    } finally {
      this.#asking = false
    }
  }

  /** Serves: the end of the session. Nobody is there to be asked, and the desktop waits for no answer. */
  async quitNow(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.#options.close()
    this.#electron.app.exit(0)
  }

  async #ask(): Promise<'leave' | 'stop' | 'cancel'> {
    const { containers, engine } = this.#options.model()
    if (engine.phase !== 'running') return this.#askUnknowing()
    if (containers.length === 0) return 'leave'
    const own = engine.phase === 'running' && engine.own
    const { response } = await this.#electron.dialog.showMessageBox({
      type: 'question',
      title: 'Quit Ramet',
      message: containers.length === 1 ? 'One container runs.' : `${containers.length} containers run.`,
      detail: `${names(containers)}\n\n${own ? LEFT_ALONE : LOOKED_AFTER}`,
      buttons: ['Quit, leave them running', 'Stop them and quit', 'Cancel'],
      defaultId: 0,
      cancelId: 2,
    })
    return (['leave', 'stop', 'cancel'] as const)[response] ?? 'cancel'
  }

  /** While no engine answers nobody can tell what runs, or stop it. */
  async #askUnknowing(): Promise<'leave' | 'cancel'> {
    const { response } = await this.#electron.dialog.showMessageBox({
      type: 'question',
      title: 'Quit Ramet',
      message: 'The engine does not answer, so what runs is not known.',
      detail: `Containers that run are not stopped. ${LEFT_ALONE}`,
      buttons: ['Quit', 'Cancel'],
      defaultId: 0,
      cancelId: 1,
    })
    return response === 0 ? 'leave' : 'cancel'
  }
}

/** Serves: the same before everything is stopped from the tray. True where it is to be done. */
export async function confirmStopAll(
  { dialog }: { dialog: Dialog },
  containers: ContainerSummary[],
): Promise<boolean> {
  const { response } = await dialog.showMessageBox({
    type: 'question',
    title: 'Stop all containers',
    message:
      containers.length === 1 ? 'Stop the container that runs?' : `Stop all ${containers.length} containers?`,
    detail: names(containers),
    buttons: ['Stop all', 'Cancel'],
    defaultId: 0,
    cancelId: 1,
  })
  return response === 0
}

const LEFT_ALONE =
  'They go on running as virtual machines, with their ports and their output. Until Ramet runs again, nothing restarts one that ends, and no health is checked.'
const LOOKED_AFTER =
  'They go on running as virtual machines; the engine that was started elsewhere looks after them.'

function names(all: ContainerSummary[]): string {
  const shown = all.slice(0, NAMES_MAX).map((container) => inert(nameOf(container)))
  return all.length > NAMES_MAX ? `${shown.join(', ')} and ${all.length - NAMES_MAX} more` : shown.join(', ')
}
