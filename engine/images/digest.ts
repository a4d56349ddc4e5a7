import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
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

/** The short form that people see. */
export const shortId = (digest: string): string => digest.replace(/^sha256:/, '').slice(0, 12)

export async function hashFile(
  path: string,
  signal?: AbortSignal,
): Promise<{ digest: string; size: number }> {
  const hash = createHash('sha256')
  let size = 0
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20, signal })) {
    const data = chunk as Buffer
    hash.update(data)
    size += data.length
  }
  return { digest: `sha256:${hash.digest('hex')}`, size }
}

/** Rejects with DIGEST_MISMATCH unless the file has this digest and this length in bytes. */
export async function verifyFile(
  path: string,
  want: { digest: string; size: number },
  signal?: AbortSignal,
): Promise<void> {
  const found = await hashFile(path, signal)
  if (found.size !== want.size || found.digest !== want.digest) {
    throw new EngineError(
      'DIGEST_MISMATCH',
      `blob ${shortId(want.digest)} is not what the manifest says: ${found.size} bytes with digest ` +
        `${shortId(found.digest)} instead of ${want.size} bytes; pull or save the image again`,
    )
  }
}
