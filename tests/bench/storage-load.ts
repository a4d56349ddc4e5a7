import { join } from 'node:path'
import { compileStatic } from '../support/compile.ts'

/** Compiles `storage-load` (see its source) into a folder; answers where it is. */
export async function storageLoad(folder: string): Promise<string> {
  const program = join(folder, 'storage-load')
  await compileStatic(join(import.meta.dirname, 'storage-load.c'), program)
  return program
}
