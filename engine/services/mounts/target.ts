import { posix } from 'node:path'
import { EngineError } from '../../../contract/errors.ts'

/** A mount point without what is too much in it. Rejects one that cannot be. */
export function cleanTarget(target: string, given: string): string {
  const invalid = (why: string): EngineError =>
    new EngineError('INVALID_ARGUMENT', `invalid mount '${given}': ${why}`)
  if (!target.startsWith('/')) throw invalid(`the mount path must be absolute, and '${target}' is not`)
  if (target.includes('\0')) throw invalid('the mount path holds a NUL')
  const clean = posix.normalize(target).replace(/(?<=.)\/$/, '')
  if (clean === '/') throw invalid("destination can't be '/'")
  if (clean === '/proc' || clean.startsWith('/proc/')) throw invalid('nothing can be mounted into /proc')
  return clean
}
