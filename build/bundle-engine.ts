import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from 'vite'
import { configOf, copyNative, ENGINE_ENTRIES, ROOT } from './bundle-config.ts'

/**
 * Makes `.build/engine/`, which build/engine runs in place of the sources: without their types, so that no compiler
 * stays in the engine's memory, and in one file.
 */
const target = join(ROOT, '.build/engine')
const made = `${target}.new`

await build(configOf({ outDir: made, entries: ENGINE_ENTRIES, format: 'es' }))
// One character beyond Latin-1 would make V8 keep two bytes for every character of a file.
for (const name of await readdir(made)) {
  const text = await readFile(join(made, name), 'utf8')
  const escaped = text.replace(
    /[^\0-\x7f]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
  await writeFile(join(made, name), escaped)
}
await copyNative(made)
await rm(target, { recursive: true, force: true })
await rename(made, target)
