import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'

/** Bytes on disk of a folder and all below it; what goes meanwhile is not counted. */
export async function diskUsage(path: string): Promise<number> {
  const facts = await lstat(path).catch(() => undefined)
  if (!facts) return 0
  let bytes = facts.isDirectory() ? 0 : facts.blocks * 512
  if (facts.isDirectory()) {
    for (const name of await readdir(path).catch(() => [])) bytes += await diskUsage(join(path, name))
  }
  return bytes
}
