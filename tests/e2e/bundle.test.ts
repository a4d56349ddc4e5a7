import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'

const DIST = join(import.meta.dirname, '../../renderer/dist')
const BUDGET = 400_000
/** Loaded only where they are needed. */
const HEAVY = ['xterm', 'CodeView', 'LiveChart', 'CommandPalette']

/** A file and what it imports at once, by name. */
async function withImports(name: string, seen = new Set<string>()): Promise<Set<string>> {
  if (seen.has(name)) return seen
  seen.add(name)
  const source = await readFile(join(DIST, 'assets', name), 'utf8')
  for (const [, imported] of source.matchAll(/(?:from|import)\s*["']\.\/([^"']+)["']/g)) {
    await withImports(imported!, seen)
  }
  return seen
}

test('what the window begins with stays within its budget, and nothing heavy is in it', async () => {
  const page = await readFile(join(DIST, 'index.html'), 'utf8')
  const [, entry] = /src="\/assets\/([^"]+)"/.exec(page)!
  const files = await readdir(join(DIST, 'assets'))
  const first = files.find((name) => /^DashboardPage-.*\.js$/.test(name))!
  const loaded = new Set([...(await withImports(entry!)), ...(await withImports(first))])
  let bytes = 0
  for (const name of loaded) bytes += gzipSync(await readFile(join(DIST, 'assets', name))).length
  console.log(`the window begins with ${loaded.size} scripts, ${Math.round(bytes / 1000)} kB compressed`)
  expect(bytes).toBeLessThanOrEqual(BUDGET)
  expect([...loaded].filter((name) => HEAVY.some((heavy) => name.startsWith(heavy)))).toEqual([])
})
