import type { RegistryAuth } from '../../contract/docker.ts'
import { EngineError } from '../../contract/errors.ts'

const FIELDS = ['username', 'password', 'identitytoken', 'serveraddress'] as const

/** Reads `X-Registry-Auth`, JSON in base64url. Absent where it holds no credentials; its text is in no error. */
export function parseRegistryAuth(header: string | string[] | undefined): RegistryAuth | undefined {
  const [text] = [header].flat()
  if (!text) return undefined
  const invalid = (): EngineError =>
    new EngineError(
      'INVALID_ARGUMENT',
      'invalid X-Registry-Auth header: it must be a JSON object in base64url',
    )
  let parsed: unknown
  try {
    // Takes both alphabets of base64: clients send either.
    parsed = JSON.parse(Buffer.from(text, 'base64url').toString())
  } catch {
    throw invalid()
  }
  if (parsed === null) return undefined
  if (typeof parsed !== 'object' || Array.isArray(parsed)) throw invalid()
  const auth: RegistryAuth = {}
  for (const field of FIELDS) {
    const value = (parsed as Record<string, unknown>)[field]
    if (value === undefined || value === null || value === '') continue
    if (typeof value !== 'string') throw invalid()
    auth[field] = value
  }
  return auth.username !== undefined || auth.identitytoken !== undefined ? auth : undefined
}
