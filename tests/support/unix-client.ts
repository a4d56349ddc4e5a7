import { join } from 'node:path'
import { compileStatic } from './compile.ts'

/** Compiles the program that speaks to unix sockets (unix-client.c), for any image. */
export async function compileUnixClient(folder: string): Promise<string> {
  const program = join(folder, 'unix-client')
  await compileStatic(join(import.meta.dirname, 'unix-client.c'), program)
  return program
}
