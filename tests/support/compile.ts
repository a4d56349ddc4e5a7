import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/** musl has no headers of the kernel's interface; those of the distribution serve. */
const KERNEL_HEADERS = ['/usr/include', '/usr/include/x86_64-linux-gnu'].flatMap((each) => [
  '-idirafter',
  each,
])

/** Compiles one file of C to a static program, which runs in any image. */
export async function compileStatic(source: string, program: string): Promise<void> {
  const flags = ['-static', '-O2', '-D_GNU_SOURCE', '-Wall', '-Wextra', ...KERNEL_HEADERS]
  await promisify(execFile)('musl-gcc', [...flags, '-o', program, source])
}
