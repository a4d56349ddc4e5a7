import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** Compiles the program that speaks to unix sockets (unix-client.c), for any image. */
export async function compileUnixClient(folder: string): Promise<string> {
  const program = join(folder, 'unix-client')
  await promisify(execFile)('musl-gcc', [
    ...['-static', '-O2', '-Wall', '-Wextra', '-o', program],
    join(import.meta.dirname, 'unix-client.c'),
  ])
  return program
}
