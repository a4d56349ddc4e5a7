import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { compileStatic } from './compile.ts'
import { busyboxImage, type TestImage } from './images.ts'

/** Busybox with `net-tool` (see its source), which does in guests what no tool of busybox does. */
export async function netImage(): Promise<TestImage> {
  const folder = await mkdtemp('/tmp/ramet-net-tool-')
  try {
    const program = join(folder, 'net-tool')
    await compileStatic(join(import.meta.dirname, 'net-tool.c'), program)
    return await busyboxImage('net-tool', [
      { path: 'bin/net-tool', data: await readFile(program), mode: 0o755 },
    ])
  } finally {
    await rm(folder, { recursive: true })
  }
}
