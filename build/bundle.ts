import { copyFile, mkdir, rm } from 'node:fs/promises'
import { isBuiltin } from 'node:module'
import { join } from 'node:path'
import { build, type InlineConfig } from 'vite'

/**
 * Makes what Electron runs, in `out/`: the main process, the preload, and the engine, each with all that it imports, so
 * that nothing is looked up in node_modules at run time. The window is built by renderer/vite.config.ts.
 */
const root = join(import.meta.dirname, '..')
const out = join(root, 'out')

interface Part {
  name: string
  /** Name of the file to its source. */
  entries: Record<string, string>
  /** A sandboxed preload is one file, and no module. */
  format: 'es' | 'cjs'
}

const PARTS: Part[] = [
  { name: 'main', entries: { main: 'electron/main/main.ts' }, format: 'es' },
  { name: 'preload', entries: { preload: 'electron/preload/preload.ts' }, format: 'cjs' },
  {
    name: 'engine',
    entries: { main: 'engine/main.ts', 'convert-worker': 'engine/images/convert-worker.ts' },
    format: 'es',
  },
]

function configOf({ name, entries, format }: Part): InlineConfig {
  return {
    configFile: false,
    root,
    logLevel: 'warn',
    ssr: { noExternal: true, target: 'node' },
    build: {
      ssr: true,
      target: 'node24',
      outDir: join(out, name),
      emptyOutDir: true,
      minify: false,
      rolldownOptions: {
        input: Object.fromEntries(
          Object.entries(entries).map(([file, source]) => [file, join(root, source)]),
        ),
        external: (id: string) => id === 'electron' || id.endsWith('.node') || isBuiltin(id),
        output: {
          format,
          entryFileNames: format === 'cjs' ? '[name].cjs' : '[name].js',
          chunkFileNames: '[name]-[hash].js',
        },
      },
    },
  }
}

await rm(out, { recursive: true, force: true })
for (const part of PARTS) await build(configOf(part))
// The engine looks for it beside itself.
await mkdir(join(out, 'engine/out'), { recursive: true })
await copyFile(join(root, 'native/libvirt/out/libvirt.node'), join(out, 'engine/out/libvirt.node'))
