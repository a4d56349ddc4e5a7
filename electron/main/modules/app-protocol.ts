import { readFile } from 'node:fs/promises'
import { extname, join, normalize } from 'node:path'
import type { Protocol } from 'electron'
import { contentSecurityPolicy, PAGE_HEADERS, PAGE_TYPES } from '../../../contract/content-security.ts'
import { APP_HOST, APP_SCHEME } from '../ipc/sender.ts'

/** The page asks the main process, never the network. */
const HEADERS = { ...PAGE_HEADERS, 'Content-Security-Policy': contentSecurityPolicy("'none'") }

/** Serves: an own scheme instead of file://. Called before the application is ready. */
export function registerAppScheme({ protocol }: { protocol: Protocol }): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: APP_SCHEME, privileges: { standard: true, secure: true, codeCache: true } },
  ])
}

/** Serves: nothing remote, a policy on every file. `folder` holds the built window. */
export function serveApp({ protocol }: { protocol: Protocol }, folder: string): void {
  protocol.handle(APP_SCHEME, (request) => answer(request, folder))
}

async function answer({ method, url }: Request, folder: string): Promise<Response> {
  const { host, pathname } = new URL(url)
  const none = new Response('not found', { status: 404, headers: HEADERS })
  if (host !== APP_HOST || method !== 'GET') return none
  const name = fileName(pathname)
  const type = name === undefined ? undefined : PAGE_TYPES[extname(name)]
  if (name === undefined || type === undefined) return none
  const data = await readFile(join(folder, name)).catch(() => undefined)
  if (!data) return none
  return new Response(new Uint8Array(data), { headers: { ...HEADERS, 'Content-Type': type } })
}

/** The file in the folder that a path means; undefined where it leads out of it. */
function fileName(pathname: string): string | undefined {
  try {
    const name = normalize(decodeURIComponent(pathname === '/' ? '/index.html' : pathname))
    return name.startsWith('/') && !name.includes('\0') ? name : undefined
  } catch {
    return undefined
  }
}
