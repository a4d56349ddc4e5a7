import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import { extname, join, normalize } from 'node:path'
import { EngineError } from '../../contract/errors.ts'

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
}

/** Styles may stand inline: the terminal and the editor write theirs as they need them. Nothing comes from elsewhere. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

export function protect(response: ServerResponse): void {
  response.setHeader('Content-Security-Policy', POLICY)
  response.setHeader('X-Content-Type-Options', 'nosniff')
  response.setHeader('X-Frame-Options', 'DENY')
  response.setHeader('Referrer-Policy', 'no-referrer')
  response.setHeader('Cross-Origin-Opener-Policy', 'same-origin')
  response.setHeader('Cross-Origin-Resource-Policy', 'same-origin')
}

/** Sends a file of the built window; `/` is its page. */
export async function sendFile(response: ServerResponse, folder: string, path: string): Promise<void> {
  const name = normalize(decoded(path === '/' ? '/index.html' : path))
  const type = TYPES[extname(name)]
  const file = join(folder, name)
  const found = type && file.startsWith(`${folder}/`) ? await stat(file).catch(() => undefined) : undefined
  if (!found?.isFile()) throw new EngineError('NOT_FOUND', `page not found: ${path}`)
  response.setHeader('Content-Type', type!)
  response.setHeader('Content-Length', found.size)
  // Built files carry a digest of what is in them in their names.
  const lasting = name.startsWith('/assets/')
  response.setHeader('Cache-Control', lasting ? 'private, max-age=31536000, immutable' : 'no-store')
  createReadStream(file).on('error', () => response.destroy()).pipe(response) // prettier-ignore
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    throw new EngineError('NOT_FOUND', 'page not found')
  }
}
