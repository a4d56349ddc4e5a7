import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { busyboxImage, type TestImage } from './images.ts'

/** Busybox with `net-tool` (see its source), which does in guests what no tool of busybox does. */
export async function netImage(): Promise<TestImage> {
  const folder = await mkdtemp('/tmp/ramet-net-tool-')
  try {
    const output = join(folder, 'net-tool')
    const headers = ['/usr/include', '/usr/include/x86_64-linux-gnu'].flatMap((each) => ['-idirafter', each])
    const source = join(import.meta.dirname, 'net-tool.c')
    await promisify(execFile)('musl-gcc', [
      '-static',
      '-O2',
      '-D_GNU_SOURCE',
      ...headers,
      '-o',
      output,
      source,
    ])
    return await busyboxImage('net-tool', [
      { path: 'bin/net-tool', data: await readFile(output), mode: 0o755 },
    ])
  } finally {
    await rm(folder, { recursive: true })
  }
}
