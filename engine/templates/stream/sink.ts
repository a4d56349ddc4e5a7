import { write } from 'node:fs'
import { EngineError } from '../../../contract/errors.ts'

/** Writes all of `data` at `offset` of the file; by callback, which costs half of what a promise per call does. */
export function writeAll(
  fd: number,
  data: Buffer,
  start: number,
  end: number,
  offset: number,
  done: (error?: Error) => void,
): void {
  write(fd, data, start, end - start, offset, (error, written) => {
    if (error) return done(asDiskFull(error))
    if (start + written === end) return done()
    writeAll(fd, data, start + written, end, offset + written, done)
  })
}

function asDiskFull(error: NodeJS.ErrnoException): Error {
  if (error.code !== 'ENOSPC' && error.code !== 'EDQUOT' && error.code !== 'EFBIG') return error
  return new EngineError(
    'DISK_FULL',
    `no room to store a template's memory (${error.code}); free some disk space, or run "ramet templates prune"`,
    { cause: error },
  )
}
