import { readdir, readFile, rm, stat, utimes } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Kit } from './kit.ts'

const DAY_MS = 24 * 60 * 60_000
/** Engines with homes of their own share the cache, and tell each other of their kits by nothing but these times. */
const UNUSED_MS = 30 * DAY_MS

interface KitsDependencies {
  /** The cache's folder of kits; there need not be one. */
  folder: string
  /** This engine's own; it may lie elsewhere. */
  own: Kit
  /** Ids of the kits that templates were made with: made anew, a kit may have another kernel, and none of them fit. */
  ofTemplates(): Promise<string[]>
  log(message: string): void
}

/** Says that this engine's kit is used, and removes those that nobody needs, now and once a day. Never rejects. */
export async function tendKits(dependencies: KitsDependencies): Promise<void> {
  setInterval(() => void tend(dependencies), DAY_MS).unref()
  await tend(dependencies)
}

async function tend({ folder, own, ofTemplates, log }: KitsDependencies): Promise<void> {
  const now = new Date()
  // A kit that came with a package is root's, and no part of the cache.
  await utimes(join(dirname(own.kernel.vmlinuz), 'kit.json'), now, now).catch(() => {})
  try {
    for (const name of await pruneKits(folder, [own.id, ...(await ofTemplates())], now.getTime()))
      log(`removed the guest kit ${name}, which nothing used any more`)
  } catch (error) {
    log(`guest kits that nothing uses stay: ${(error as Error).message}`)
  }
}

/**
 * Removes from `folder` the kits that are none of `needed` and that no engine used in the last 30 days, and what a
 * killed build of one left. What runs does not need its kit any more: QEMU reads it as it starts. Answers the names.
 */
export async function pruneKits(folder: string, needed: string[], nowMs: number): Promise<string[]> {
  const removed: string[] = []
  for (const name of await readdir(folder).catch(() => [])) {
    const kit = join(folder, name)
    const facts = join(kit, 'kit.json')
    const times = await stat(facts).catch(() => stat(kit).catch(() => undefined))
    if (!times || nowMs - times.mtimeMs < UNUSED_MS || needed.includes(await idOf(facts))) continue
    await rm(kit, { recursive: true, force: true })
    removed.push(name)
  }
  return removed
}

async function idOf(file: string): Promise<string> {
  try {
    return (JSON.parse(await readFile(file, 'utf8')) as { id?: string }).id ?? ''
  } catch {
    return ''
  }
}
