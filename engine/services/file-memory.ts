import { execFile } from 'node:child_process'
import { stat } from 'node:fs/promises'
import { promisify } from 'node:util'

/** Bytes that files take on disk; those that are gone take none. */
export async function allocatedBytes(files: string[]): Promise<number> {
  let bytes = 0
  for (const file of files) bytes += ((await stat(file).catch(() => undefined))?.blocks ?? 0) * 512
  return bytes
}

/** Of several names of one file the first: a warm image's is that of the image that it was made from. */
export async function distinctFiles(files: string[]): Promise<string[]> {
  const byFile = new Map<string, string>()
  for (const file of new Set(files)) {
    const found = await stat(file).catch(() => undefined)
    const key = found ? `${found.dev}:${found.ino}` : file
    if (!byFile.has(key)) byFile.set(key, file)
  }
  return [...byFile.values()]
}

/** Bytes of each file that lie in the host's page cache (util-linux's fincore asks mincore(2)); 0 for one that is gone. */
export async function residentBytes(files: string[]): Promise<number[]> {
  if (files.length === 0) return []
  const args = ['--json', '--bytes', '--output', 'res,file', ...files]
  // fincore exits with 1 where one of several files is gone, and still tells of the others.
  const stdout = await promisify(execFile)('fincore', args, { maxBuffer: 16 << 20 }).then(
    (done) => done.stdout,
    (error: { stdout?: string }) => error.stdout ?? '',
  )
  const rows = stdout
    ? (JSON.parse(stdout) as { fincore: { res: number | string; file: string }[] }).fincore
    : []
  const byFile = new Map(rows.map((row) => [row.file, Number(row.res)]))
  return files.map((file) => byFile.get(file) ?? 0)
}
