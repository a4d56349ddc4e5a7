import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from 'vite'
import { configOf, copyNative, ENGINE_ENTRIES, ROOT, type Part } from './bundle-config.ts'

/**
 * Makes what Electron runs, in `out/`: the main process, the preload, and the engine, each with all that it imports.
 * The window is built by renderer/vite.config.ts.
 */
const out = join(ROOT, 'out')

const PARTS: Part[] = [
  { outDir: join(out, 'main'), entries: { main: 'electron/main/main.ts' }, format: 'es' },
  { outDir: join(out, 'preload'), entries: { preload: 'electron/preload/preload.ts' }, format: 'cjs' },
  { outDir: join(out, 'engine'), entries: ENGINE_ENTRIES, format: 'es' },
]

await rm(out, { recursive: true, force: true })
for (const part of PARTS) await build(configOf(part))
await copyNative(join(out, 'engine'))
