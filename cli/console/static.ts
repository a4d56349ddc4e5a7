import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import { extname, join, normalize } from 'node:path'
import { contentSecurityPolicy, PAGE_HEADERS, PAGE_TYPES } from '../../contract/content-security.ts'
import { EngineError } from '../../contract/errors.ts'

export function protect(response: ServerResponse): void {
  response.setHeader('Content-Security-Policy', contentSecurityPolicy("'self'"))
  for (const [name, value] of Object.entries(PAGE_HEADERS)) response.setHeader(name, value)
}

/** Sends a file of the built window; `/` is its page. */
export async function sendFile(response: ServerResponse, folder: string, path: string): Promise<void> {
  const name = normalize(decoded(path === '/' ? '/index.html' : path))
  const type = PAGE_TYPES[extname(name)]
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
