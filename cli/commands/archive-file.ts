import { createReadStream, createWriteStream } from 'node:fs'
import { rename, rm, stat } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { EngineError } from '../../contract/errors.ts'
import { onInterrupt } from '../interrupt.ts'

/** Before anything is asked of the engine: an archive would only fill a terminal. */
export function refuseTerminal(output: string | undefined): void {
  if (output || !process.stdout.isTTY) return
  throw new EngineError('INVALID_ARGUMENT', 'an archive is nothing for a terminal: give a file with -o FILE')
}

/** To a file that is whole or not there, or to standard output. */
export async function writeArchive(archive: Readable, output: string | undefined): Promise<void> {
  if (!output) return pipeline(archive, process.stdout, { end: false })
  // What is no file (a pipe, a device) cannot be replaced by one.
  const plain = await stat(output).then((found) => found.isFile(), () => true) // prettier-ignore
  const part = plain ? `${output}.part-${process.pid}` : output
  const forget = onInterrupt(async () => plain && rm(part, { force: true }))
  try {
    await pipeline(archive, createWriteStream(part))
    if (plain) await rename(part, output)
  } catch (error) {
    if (plain) await rm(part, { force: true })
    throw new EngineError('INTERNAL', `cannot write ${output}: ${(error as Error).message}`, { cause: error })
  } finally {
    forget()
  }
}

/** Of a file, or of standard input. Rejects with INVALID_ARGUMENT where there is none. */
export async function openArchive(input: string | undefined): Promise<Readable> {
  if (input) {
    await stat(input).catch((error: NodeJS.ErrnoException) => {
      const why = error.code === 'ENOENT' ? 'it does not exist' : error.message
      throw new EngineError('INVALID_ARGUMENT', `cannot load ${input}: ${why}`, { cause: error })
    })
    return createReadStream(input)
  }
  if (!process.stdin.isTTY) return process.stdin
  throw new EngineError('INVALID_ARGUMENT', 'no archive: give one with -i FILE, or on standard input')
}
