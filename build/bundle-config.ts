import { copyFile, mkdir } from 'node:fs/promises'
import { isBuiltin } from 'node:module'
import { basename, join } from 'node:path'
import type { InlineConfig } from 'vite'

export const ROOT = join(import.meta.dirname, '..')

/** A program with all that it imports, so that nothing is looked up in node_modules at run time. */
export interface Part {
  outDir: string
  /** Name of the file to its source. */
  entries: Record<string, string>
  /** A sandboxed preload is one file, and no module. */
  format: 'es' | 'cjs'
}

export const ENGINE_ENTRIES = { main: 'engine/main.ts', 'convert-worker': 'engine/images/convert-worker.ts' }

/** The native parts, beside which their modules look for them: in the bundle that is the engine's folder. */
const NATIVE = [
  'libvirt/out/libvirt.node',
  'memory/out/memory.node',
  'guard/out/guard.so',
  'switch/out/switch',
  'switch/out/version',
]

export async function copyNative(engine: string): Promise<void> {
  await mkdir(join(engine, 'out'), { recursive: true })
  for (const file of NATIVE) {
    await copyFile(join(ROOT, 'native', file), join(engine, 'out', basename(file)))
  }
}

export function configOf({ outDir, entries, format }: Part): InlineConfig {
  return {
    configFile: false,
    root: ROOT,
    logLevel: 'warn',
    ssr: { noExternal: true, target: 'node' },
    build: {
      ssr: true,
      target: 'node24',
      outDir,
      emptyOutDir: true,
      minify: false,
      rolldownOptions: {
        input: Object.fromEntries(
          Object.entries(entries).map(([file, source]) => [file, join(ROOT, source)]),
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
