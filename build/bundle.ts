import { copyFile, mkdir, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { build } from 'vite'
import { configOf, ENGINE_ENTRIES, ROOT, type Part } from './bundle-config.ts'

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
// The engine looks for them beside itself.
await mkdir(join(out, 'engine/out'), { recursive: true })
const native = ['libvirt/out/libvirt.node', 'switch/out/switch', 'switch/out/version']
for (const file of native) {
  await copyFile(join(ROOT, 'native', file), join(out, 'engine/out', basename(file)))
}
