import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { digestOf } from './digest.ts'
import type { LayerBlob } from './layers/decompress.ts'
import { runWorker } from './run-worker.ts'
import { tar } from './tar/testing.ts'
import type { WorkerKind } from './worker-host.ts'

let folder: string
beforeEach(async () => void (folder = await mkdtemp('/tmp/ramet-worker-')))
afterEach(() => rm(folder, { recursive: true }))

async function layer(archive: Buffer, name = 'layer'): Promise<LayerBlob> {
  const stored = gzipSync(archive)
  const path = join(folder, name)
  await writeFile(path, stored)
  return { path, digest: digestOf(stored), size: stored.length, diffId: digestOf(archive) }
}

describe.each<WorkerKind>(['process', 'thread'])('in a %s of its own', (kind) => {
  test('layers are converted, with progress, to the same bytes', async () => {
    const layers = [await layer(tar([{ path: 'etc/motd', data: 'hello' }]))]
    const output = join(folder, 'image.erofs')
    const seen: number[] = []
    const job = { convert: { layers, output, seed: 'a' } }
    expect(await runWorker(job, { kind, onProgress: ({ bytes }) => void seen.push(bytes) })).toHaveProperty(
      'converted',
    )
    expect(seen.at(-1)).toBe(layers[0]!.size)
    expect((await readFile(output)).includes('hello')).toBe(true)
  })

  test('what is wrong with a layer is told with its code', async () => {
    const wrong = { ...(await layer(tar([{ path: 'a' }]))), diffId: digestOf('other') }
    await expect(runWorker({ verify: [wrong] }, { kind })).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' })
    const missing = { ...wrong, path: join(folder, 'missing') }
    await expect(runWorker({ verify: [missing] }, { kind })).rejects.toMatchObject({ code: 'ENOENT' })
  })

  test('an abort ends it', async () => {
    const big = await layer(tar([{ path: 'zeros', data: Buffer.alloc(200 * 1024 * 1024) }]))
    const stop = new AbortController()
    const verified = runWorker(
      { verify: [big] },
      { kind, signal: stop.signal, onProgress: () => stop.abort() },
    )
    await expect(verified).rejects.toMatchObject({ name: 'AbortError' })
  })
})
