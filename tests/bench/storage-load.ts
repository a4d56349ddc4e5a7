import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** Compiles `storage-load` (see its source) into a folder; answers where it is. */
export async function storageLoad(folder: string): Promise<string> {
  const program = join(folder, 'storage-load')
  const source = join(import.meta.dirname, 'storage-load.c')
  await promisify(execFile)('musl-gcc', ['-static', '-O2', '-o', program, source])
  return program
}
