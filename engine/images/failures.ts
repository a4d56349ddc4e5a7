import { EngineError } from '../../contract/errors.ts'

const FULL = ['ENOSPC', 'EDQUOT']

/** What is thrown on to callers: a full disk becomes DISK_FULL with advice, all else stays what it is. */
export function storeError(error: unknown, doing: string): unknown {
  const code = (error as NodeJS.ErrnoException | undefined)?.code
  return code && FULL.includes(code) ? diskFull(doing, error) : error
}

export const diskFull = (doing: string, cause?: unknown): EngineError =>
  new EngineError(
    'DISK_FULL',
    `no space left on the disk while ${doing}; nothing was kept: free some space, or remove images with ` +
      '`ramet rmi`, and try again',
    { cause },
  )
