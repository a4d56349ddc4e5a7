import { access, constants } from 'node:fs/promises'
import { join } from 'node:path'
import { _electron, type ElectronApplication, type Page } from 'playwright-core'

const root = join(import.meta.dirname, '../..')
const PROGRAM = join(root, 'node_modules/electron/dist/electron')

/** Why the real application cannot be driven here, in one line; undefined where it can. */
export async function electronObstacle(): Promise<string | undefined> {
  const missing = await access(PROGRAM, constants.X_OK).then(() => false, () => true) // prettier-ignore
  if (missing) return "Electron's program is not here; `npm start` fetches it where it can"
  if (process.getuid?.() === 0) return 'Electron has no sandbox for root; run the tests as an ordinary user'
  if (!process.env.DISPLAY && !process.env.WAYLAND_DISPLAY)
    return 'there is no display; run them under xvfb-run'
  return undefined
}

/** The application, built before, on the engine of `env`. Everything of it goes when it is disposed of. */
export class TestApplication implements AsyncDisposable {
  readonly app: ElectronApplication
  readonly page: Page

  private constructor(app: ElectronApplication, page: Page) {
    this.app = app
    this.page = page
  }

  static async start(env: NodeJS.ProcessEnv, ...args: string[]): Promise<TestApplication> {
    const app = await _electron.launch({
      executablePath: PROGRAM,
      args: [root, ...args],
      env: Object.fromEntries(Object.entries(env).filter((each): each is [string, string] => !!each[1])),
      // Playwright's own default is none, with which the application does not start.
      chromiumSandbox: true,
    })
    return new TestApplication(app, await app.firstWindow())
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Not by quitting, which asks.
    const child = this.app.process()
    if (child.exitCode !== null || child.signalCode !== null) return
    const gone = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await gone
  }
}
