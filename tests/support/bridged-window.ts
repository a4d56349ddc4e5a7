import { mkdtemp, rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { chromium, type Browser, type Page } from 'playwright-core'
import { app, askedBy, desktop } from '../../electron/testing/fake-desktop.ts'

const root = join(import.meta.dirname, '../..')
/** Stands in for `app://ramet`, which only Electron knows; nothing is asked of the network for it. */
const ORIGIN = 'https://ramet.test'

/**
 * The built window in Debian's Chromium on the application's real main process: its pages come from the main process's
 * own scheme handler with its headers, its questions go through the main process's one door. Only Electron between them
 * is a fake, so the test that uses this mocks the module `electron` with `electron/testing/fake-desktop.ts`.
 */
export class BridgedWindow implements AsyncDisposable {
  readonly page: Page
  /** What the page complained of: errors, and what its policy refused. */
  readonly complaints: string[] = []
  readonly #browser: Browser
  readonly #folder: string

  private constructor(browser: Browser, page: Page, folder: string) {
    this.#browser = browser
    this.page = page
    this.#folder = folder
  }

  /** The main process runs on from here: it is started once for a process. */
  static async open(): Promise<BridgedWindow> {
    const folder = await mkdtemp('/tmp/ramet-window-')
    await symlink(join(root, 'renderer'), join(folder, 'renderer'))
    desktop.home = folder
    await import('../../electron/main/main.ts')
    while (desktop.windows.length === 0) await new Promise((resolve) => setTimeout(resolve, 10))
    const args = process.getuid?.() === 0 ? ['--no-sandbox'] : []
    const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args })
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
    const window = new BridgedWindow(browser, page, folder)
    await window.#join()
    await page.goto(`${ORIGIN}/`)
    return window
  }

  async #join(): Promise<void> {
    const { page, complaints } = this
    page.on('pageerror', (error) => void complaints.push(error.message))
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text())
    })
    await page.route(`${ORIGIN}/**`, async (route) => {
      const { pathname } = new URL(route.request().url())
      const answer = await desktop.protocol!({ url: `app://ramet${pathname}`, method: 'GET' } as Request)
      await route.fulfill({
        status: answer.status,
        headers: Object.fromEntries(answer.headers),
        body: Buffer.from(await answer.arrayBuffer()),
      })
    })
    await page.exposeFunction('askMain', (channel: string, args: unknown[]) =>
      desktop.handlers.get(channel)!(askedBy(desktop.windows[0]!), ...args),
    )
    const channels = JSON.stringify([...desktop.handlers.keys()])
    await page.addInitScript(
      `window.ramet = Object.fromEntries(${channels}.map((channel) => [channel, (...args) => window.askMain(channel, args)]))`,
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close()
    for (const window of [...desktop.windows]) window.close()
    // The main process lets go of the engine; what runs is left running.
    desktop.response = 0
    app.emit('second-instance', {}, ['ramet', '--quit'])
    while (!desktop.did.includes('quit')) await new Promise((resolve) => setTimeout(resolve, 10))
    await rm(this.#folder, { recursive: true })
  }
}
