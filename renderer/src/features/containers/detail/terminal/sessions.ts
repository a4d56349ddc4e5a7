import { shallowReactive } from 'vue'
import type { FitAddon } from '@xterm/addon-fit'
import type { Terminal } from '@xterm/xterm'
import { call, open } from '../../../../api/engine.ts'
import { asError } from '../../../../api/failure.ts'
import type { EngineStream } from '../../../../api/transport.ts'

export interface TerminalSession {
  number: number
  state: 'opening' | 'open' | 'ended' | 'lost'
  error: string
  /** Stays while the page is elsewhere; is put where it is seen. */
  element: HTMLElement
  terminal: Terminal
  fit(): void
}

/** The image's best shell; whatever has a /bin/sh opens. */
const SHELL = ['/bin/sh', '-c', 'if command -v bash >/dev/null 2>&1; then exec bash; else exec /bin/sh; fi']

const byContainer = new Map<string, TerminalSession[]>()
let last = 0

/** Terminals in a container outlive the page that shows them. */
export function sessionsOf(container: string): TerminalSession[] {
  let found = byContainer.get(container)
  if (!found) byContainer.set(container, (found = shallowReactive<TerminalSession[]>([])))
  return found
}

/** Terminal and its parts are loaded with the first one. */
export async function openSession(container: string): Promise<TerminalSession> {
  const [{ Terminal }, { FitAddon }] = await Promise.all([
    import('@xterm/xterm'),
    import('@xterm/addon-fit'),
    import('@xterm/xterm/css/xterm.css'),
  ])
  const element = document.createElement('div')
  element.style.cssText = 'width: 100%; height: 100%'
  const terminal = new Terminal({
    fontFamily: getComputedStyle(document.documentElement).getPropertyValue('--mono'),
    fontSize: 13,
    cursorBlink: false,
    scrollback: 10_000,
    theme: themeNow(),
    // Programs may set neither the clipboard nor anything else outside of the screen.
    allowProposedApi: false,
  })
  const fitter = new FitAddon()
  terminal.loadAddon(fitter)
  const session: TerminalSession = shallowReactive({
    number: ++last,
    state: 'opening',
    error: '',
    element,
    terminal,
    fit: () => fit(session, fitter),
  })
  sessionsOf(container).push(session)
  void join(container, session)
  return session
}

/** Opens the shell again in the terminal that is there. */
export async function join(container: string, session: TerminalSession): Promise<void> {
  const { terminal } = session
  session.state = 'opening'
  session.error = ''
  const closed = new AbortController()
  const ends: (() => void)[] = [() => closed.abort()]
  // It may be closed before the shell is there, which must not stay then.
  closers.set(session, () => ends.splice(0).forEach((end) => end()))
  // What is typed before the shell is there waits for it.
  const shell = Promise.withResolvers<EngineStream>()
  shell.promise.catch(() => {})
  const encoder = new TextEncoder()
  const send = (data: Uint8Array): void =>
    void shell.promise
      .then((stream) => stream.write(data))
      .catch(() => {
        // The session has ended, which is shown.
      })
  const typed = terminal.onData((data) => send(encoder.encode(data)))
  const raw = terminal.onBinary((data) => send(Uint8Array.from(data, (each) => each.charCodeAt(0))))
  ends.push(
    () => typed.dispose(),
    () => raw.dispose(),
  )
  try {
    const { Id } = await call<{ Id: string }>('POST', `/containers/${container}/exec`, {
      body: {
        Cmd: SHELL,
        Tty: true,
        AttachStdin: true,
        AttachStdout: true,
        AttachStderr: true,
        Env: ['TERM=xterm-256color'],
      },
    })
    closed.signal.throwIfAborted()
    const begun = [terminal.rows, terminal.cols]
    const wanted = { Detach: false, Tty: true, ConsoleSize: begun }
    const stream = await open(
      { method: 'POST', path: `/exec/${Id}/start`, body: wanted, hijack: true },
      closed.signal,
    )
    session.state = 'open'
    shell.resolve(stream)
    const tell = ({ rows, cols }: { rows: number; cols: number }): void => {
      call('POST', `/exec/${Id}/resize`, { query: { h: rows, w: cols } }).catch(() => {
        // It has just ended: there is nothing to fit.
      })
    }
    const resized = terminal.onResize(tell)
    ends.push(() => resized.dispose())
    // The window may have changed while the shell was started.
    if (terminal.rows !== begun[0] || terminal.cols !== begun[1]) tell(terminal)
    await show(stream, terminal)
    session.state = 'ended'
  } catch (thrown) {
    shell.reject(thrown)
    session.state = 'lost'
    session.error = asError(thrown).message
  } finally {
    ends.splice(0).forEach((end) => end())
  }
}

const closers = new WeakMap<TerminalSession, () => void>()

/** What is printed, no faster than it is drawn. */
async function show(stream: EngineStream, terminal: Terminal): Promise<void> {
  for (let data = await stream.read(); data !== null; data = await stream.read()) {
    const piece = data
    await new Promise<void>((drawn) => terminal.write(piece, drawn))
  }
}

export function closeSession(container: string, session: TerminalSession): void {
  const sessions = sessionsOf(container)
  sessions.splice(sessions.indexOf(session), 1)
  closers.get(session)?.()
  session.terminal.dispose()
}

function fit(session: TerminalSession, fitter: FitAddon): void {
  if (!session.element.isConnected || session.element.clientWidth === 0) return
  if (!session.terminal.element) session.terminal.open(session.element)
  session.terminal.options.theme = themeNow()
  fitter.fit()
}

function themeNow(): Record<string, string> {
  const style = getComputedStyle(document.documentElement)
  const colour = (name: string): string => style.getPropertyValue(name).trim()
  return {
    background: colour('--bg'),
    foreground: colour('--text'),
    cursor: colour('--accent'),
    cursorAccent: colour('--bg'),
    selectionBackground: colour('--accent-soft'),
  }
}
