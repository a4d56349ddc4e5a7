import { createHash } from 'node:crypto'
import { EngineError } from '../../contract/errors.ts'

const DIGEST = /^sha256:[0-9a-f]{64}$/

/** True for `sha256:` and 64 lower-case hex digits. Nothing else may become part of a path or URL. */
export const isDigest = (text: unknown): text is string => typeof text === 'string' && DIGEST.test(text)

/** The digest's hex part. Throws IMAGE_INVALID for anything that is not a digest. */
export function hexOf(digest: string): string {
  if (!isDigest(digest)) {
    throw new EngineError('IMAGE_INVALID', `invalid digest ${JSON.stringify(String(digest).slice(0, 100))}`)
  }
  return digest.slice('sha256:'.length)
}

export const digestOf = (data: Buffer | string): string =>
  `sha256:${createHash('sha256').update(data).digest('hex')}`
