import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core'
import { openConsole, type Console } from '../../../cli/console/server.ts'
import type { TestEngine } from '../../support/engine.ts'
import { until } from '../../support/fixture.ts'

const SHOTS = join(import.meta.dirname, '../../../docs/screenshots')
const SIZES = [
  [1000, 700],
  [1280, 800],
] as const
const DIST = join(import.meta.dirname, '../../../renderer/dist')

const PATIENCE_MS = 60_000
/** Longer than the page gathers events for before it asks anew. */
const QUIET_MS = 1000

/** Goes there; done once the router has come to it, to which the address is ahead. One evaluation: later ones the page's policy refuses. */
const go = (path: string): string => `new Promise((resolve, reject) => {
  const { $router } = document.querySelector('#app').__vue_app__.config.globalProperties
  const [place, until] = [${JSON.stringify(path)}, Date.now() + ${PATIENCE_MS}]
  const look = () => {
    if ($router.currentRoute.value.fullPath === place) resolve()
    else if (Date.now() > until) reject(new Error('the window did not come to ' + place))
    else requestAnimationFrame(look)
  }
  location.hash = '#' + place
  look()
})`

const SCROLL = `(async () => {
  const body = document.querySelector('.table .body')
  const tasks = [0]
  const observer = new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({ duration }) => duration)))
  observer.observe({ type: 'longtask' })
  for (let frame = 0; frame < 120; frame++) {
    body.scrollTop += 60
    await new Promise((resolve) => requestAnimationFrame(resolve))
  }
  return Math.max(...tasks)
})()`
/** Notes when the page of containers has something to read. */
const SETTLED = `Promise.all(
  document.getAnimations()
    .filter(({ effect }) => effect.getComputedTiming().endTime !== Infinity)
    .map(({ finished }) => finished.catch(() => {})),
).then(() => {})`

const NOTE_FIRST_ROW = `{
  const look = new MutationObserver(() => {
    if (!document.querySelector('main .line')) return
    window.firstRow = performance.now()
    look.disconnect()
  })
  look.observe(document, { childList: true, subtree: true })
}`

/** In fields people edit what there is; the rest is what is read. */
const HARM = `(() => {
  const acting = /[\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069]/
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  const found = document.querySelector('img[src], main script') ? ['markup'] : []
  while (texts.nextNode()) {
    const { data, parentElement } = texts.currentNode
    if (acting.test(data) && !parentElement.closest('textarea')) found.push(JSON.stringify(data.slice(0, 200)))
  }
  return acting.test(document.title) ? [...found, document.title] : found
})()`

const AXE = async (): Promise<string[]> => {
  const { axe } = globalThis as unknown as {
    axe: { run(): Promise<{ violations: { id: string; impact: string; nodes: { html: string }[] }[] }> }
  }
  const { violations } = await axe.run()
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`)
}

export type Theme = 'light' | 'dark'

/** The window in Debian's Chromium, on the browser console of an engine. */
export class TestWindow implements AsyncDisposable {
  readonly page: Page
  /** What the page complained of: errors, and what its policy refused. */
  readonly complaints: string[] = []
  /** What the page has asked for: the paths of requests, and `stream` for the beginning of each stream. */
  readonly asked: string[] = []
  #lastHeard = 0
  readonly #browser: Browser
  readonly #context: BrowserContext
  readonly #console: Console

  private constructor(browser: Browser, context: BrowserContext, page: Page, console: Console) {
    this.page = page
    this.#browser = browser
    this.#context = context
    this.#console = console
    page.on('pageerror', (error) => this.complaints.push(error.message))
    page.on('console', (message) => {
      // That a server is gone is what tests of that look for.
      if (message.type() === 'error' && !/Failed to load resource/.test(message.text())) {
        this.complaints.push(message.text())
      }
    })
    // Nothing that a page shows may run: a name that is markup would open one of these.
    page.on('dialog', (dialog) => {
      this.complaints.push(`a dialog opened: ${dialog.message()}`)
      void dialog.dismiss()
    })
    const heard = (): void => void (this.#lastHeard = Date.now())
    const ask = (what: string): void => {
      this.asked.push(what)
      heard()
    }
    page.on('request', (request) => ask(new URL(request.url()).pathname))
    page.on('requestfinished', heard).on('requestfailed', heard)
    page.on('websocket', () => ask('stream'))
  }

  static async open(engine: TestEngine): Promise<TestWindow> {
    const console = await openConsole({
      socketPath: engine.socket,
      folder: DIST,
      port: 0,
      startEngine: () => engine.up(),
    })
    // Chromium's own sandbox does not work as root.
    const args = process.getuid?.() === 0 ? ['--no-sandbox'] : []
    const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args })
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, colorScheme: 'light' })
    const page = await context.newPage()
    page.setDefaultTimeout(PATIENCE_MS)
    const window = new TestWindow(browser, context, page, console)
    await page.goto(console.link)
    await page.getByRole('navigation').waitFor()
    // A new user's first page. Until it is there the router hears of no other.
    await page.waitForURL(({ hash }) => hash === '#/doctor?welcome')
    return window
  }

  /** Resolves once that page is there. The one before it stays until then, and much on it reads the same. */
  async go(path: string): Promise<void> {
    await this.page.evaluate(go(path))
  }

  /** Opens the palette, and types into it. */
  async command(typed = ''): Promise<void> {
    await this.page.keyboard.press('Control+k')
    await this.page.locator('.palette .query:focus').waitFor()
    await this.page.getByRole('option').first().waitFor()
    await this.page.keyboard.type(typed)
  }

  /** Resolves once the page has asked for nothing for a while, and has had its answers. */
  async quiet(): Promise<void> {
    await until('the page asks for nothing more', async () => Date.now() - this.#lastHeard > QUIET_MS)
  }

  /** Scrolls a list for 120 frames; answers how long the longest task took, in milliseconds; 0 where none took 50. */
  scroll(): Promise<number> {
    return this.page.evaluate<number>(SCROLL)
  }

  /** Loads the list of containers anew; answers after how many milliseconds there was something to read in it. */
  async firstRow(): Promise<number> {
    await this.go('/containers')
    await this.page.addInitScript(NOTE_FIRST_ROW)
    await this.page.reload()
    await this.page.locator('main .line').first().waitFor()
    return this.page.evaluate<number>('window.firstRow')
  }

  /** What share of a CPU the page's main thread took over that time. */
  async cpuShare(milliseconds: number): Promise<number> {
    const session = await this.#context.newCDPSession(this.page)
    await session.send('Performance.enable')
    const seconds = async (): Promise<number> => {
      const { metrics } = await session.send('Performance.getMetrics')
      return metrics.find(({ name }) => name === 'TaskDuration')!.value
    }
    const before = await seconds()
    await delay(milliseconds)
    return ((await seconds()) - before) / (milliseconds / 1000)
  }

  /** As if another window lay over it; Chromium without a screen is never covered. */
  async hide(hidden: boolean): Promise<void> {
    await this.page.evaluate(`
      Object.defineProperty(document, 'hidden', { value: ${hidden}, configurable: true })
      document.dispatchEvent(new Event('visibilitychange'))`)
  }

  /** Where RAMET_SCREENSHOTS is set, pictures of what is seen now go to docs/screenshots. */
  async picture(name: string): Promise<void> {
    if (!process.env['RAMET_SCREENSHOTS']) return
    for (const [width, height] of SIZES) {
      await this.page.setViewportSize({ width, height })
      await delay(500)
      await this.page.screenshot({ path: join(SHOTS, `${name}-${width}.png`) })
    }
  }

  /** The same in either theme; what is open stays open. */
  async pictures(name: string): Promise<void> {
    if (!process.env['RAMET_SCREENSHOTS']) return
    for (const colorScheme of ['dark', 'light'] as const) {
      await this.page.emulateMedia({ colorScheme })
      await this.picture(`${name}-${colorScheme}`)
    }
  }

  /** Once all that comes and goes gradually has done so; what turns for as long as it is seen turns on. */
  async settled(): Promise<void> {
    await this.page.evaluate(SETTLED)
  }

  /** What of others' text acts on the page now instead of being read: markup, controls, marks of direction; and all complaints. */
  async harm(): Promise<string[]> {
    const found = await this.page.evaluate<string[]>(HARM)
    return [...found, ...this.complaints]
  }

  /** Problems of accessibility that axe counts as serious or worse, in either size: what fits in one scrolls in the other. */
  async axe(): Promise<string[]> {
    const source = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
    await this.page.evaluate(source)
    const found = []
    for (const [width, height] of SIZES) {
      await this.page.setViewportSize({ width, height })
      await this.settled()
      found.push(...(await this.page.evaluate(AXE)).map((problem) => `${problem} (${width} wide)`))
    }
    return found
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#context.close()
    await this.#browser.close()
    await this.#console.close()
  }
}
