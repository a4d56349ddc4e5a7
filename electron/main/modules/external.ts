import type { Shell } from 'electron'
import { EngineError } from '../../../contract/errors.ts'

/** Serves: the one place where something is given to the user's browser. https anywhere, http on this machine. */
export async function openExternally({ shell }: { shell: Shell }, text: string): Promise<void> {
  const url = externalUrl(text)
  if (!url) {
    throw new EngineError(
      'FORBIDDEN',
      'only https addresses, and http addresses of this machine, are opened in the browser',
    )
  }
  await shell.openExternal(url)
}

/** The address as it may be opened; undefined where it may not. */
export function externalUrl(text: string): string | undefined {
  const url = URL.parse(text)
  // A name and password in an address are there to look like the host.
  if (!url || url.username || url.password) return undefined
  if (url.protocol === 'https:') return url.href
  return url.protocol === 'http:' && isLoopback(url.hostname) ? url.href : undefined
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host)
}
