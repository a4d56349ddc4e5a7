import type { Place } from '../../contract/ipc.ts'

/** What the application is told by the one who starts it: the desktop, its actions, a link, the login. */
export type ShellCommand =
  | { do: 'show'; place?: Place }
  /** Only the tray. */
  | { do: 'hide' }
  | { do: 'launch'; id: string }
  | { do: 'stop-all' }
  | { do: 'quit' }

const SCHEME = 'ramet:'
const PAGES = ['dashboard', 'containers', 'images', 'templates', 'volumes', 'networks', 'activity', 'settings', 'doctor'] as const // prettier-ignore
const TABS = ['overview', 'logs', 'terminal', 'checkpoints'] as const
/** Ids and names of containers and launches. */
const NAME = /^[\w.-]{1,128}$/
const IMAGE_MAX = 512

/**
 * Serves: deep links and .desktop actions. The last argument that says something counts; Chromium's own switches and
 * whatever nobody knows are passed over. A link only ever shows something: any web page can have one opened.
 */
export function commandOf(argv: string[]): ShellCommand {
  let command: ShellCommand = { do: 'show' }
  for (const word of argv.slice(1)) {
    const [, launch] = /^--launch=(.*)$/.exec(word) ?? []
    if (launch !== undefined && NAME.test(launch)) command = { do: 'launch', id: launch }
    else if (word === '--hidden') command = { do: 'hide' }
    else if (word === '--stop-all') command = { do: 'stop-all' }
    else if (word === '--quit') command = { do: 'quit' }
    else if (word.startsWith(SCHEME)) command = { do: 'show', place: placeOf(word) }
  }
  return command
}

/** Where a link leads: `ramet://containers`, `ramet://container/NAME/logs`, `ramet://run?image=NAME`. */
export function placeOf(link: string): Place | undefined {
  const url = URL.parse(link)
  if (url?.protocol !== SCHEME) return undefined
  const [page = '', ...parts] = [url.host, ...url.pathname.split('/')].filter(Boolean)
  const known = PAGES.find((each) => each === page)
  if (known) return { page: known }
  if (page === 'run') {
    const image = url.searchParams.get('image') ?? ''
    return image && image.length <= IMAGE_MAX ? { page: 'run', image } : { page: 'run' }
  }
  const [id = '', tab] = parts
  if (page !== 'container' || !NAME.test(id)) return undefined
  return { page: 'container', id, tab: TABS.find((each) => each === tab) }
}
