import { mkdtemp, rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { chromium, type Browser, type Page } from 'playwright-core'
import { app, askedBy, desktop } from '../../electron/testing/fake-desktop.ts'

const root = join(import.meta.dirname, '../..')
/** Stands in for `app://ramet`, which only Electron knows; nothing is asked of the network for it. */
const ORIGIN = 'https://ramet.test'

interface Packed {
  bytes: string
}

/** Playwright carries JSON, Electron bytes too: as base64 here. */
function packed(result: unknown): unknown {
  const { value } = result as { value?: unknown }
  return value instanceof Uint8Array
    ? { ok: true, value: { bytes: Buffer.from(value).toString('base64') } }
    : result
}
function unpacked(argument: unknown): unknown {
  const { bytes } = (argument ?? {}) as Partial<Packed>
  return bytes === undefined ? argument : new Uint8Array(Buffer.from(bytes, 'base64'))
}

/** In the page: what the preload makes. It may use nothing from outside of itself. */
function bridge(channels: string[]): void {
  const page = globalThis as unknown as {
    ramet: object
    askMain(channel: string, args: unknown[]): Promise<{ ok: boolean; value?: Packed }>
  }
  const ask = async (channel: string, args: unknown[]): Promise<unknown> => {
    const sent = args.map((each) =>
      each instanceof Uint8Array ? { bytes: btoa(String.fromCharCode(...each)) } : each,
    )
    const result = await page.askMain(channel, sent)
    const bytes = result.value?.bytes
    if (bytes === undefined) return result
    return { ok: true, value: Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0)) }
  }
  page.ramet = Object.fromEntries(
    channels.map((channel) => [channel, (...args: unknown[]) => ask(channel, args)]),
  )
}

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
    page.setDefaultTimeout(60_000)
    const window = new BridgedWindow(browser, page, folder)
    await window.#join()
    await page.goto(`${ORIGIN}/`)
    // A new user's first page. Until it is there the router hears of no other.
    await page.waitForURL(({ hash }) => hash === '#/doctor?welcome')
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
    await page.exposeFunction('askMain', async (channel: string, args: unknown[]) =>
      packed(await desktop.handlers.get(channel)!(askedBy(desktop.windows[0]!), ...args.map(unpacked))),
    )
    await page.addInitScript(bridge, [...desktop.handlers.keys()])
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
