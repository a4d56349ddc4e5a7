import { execFile } from 'node:child_process'
import { mkdtemp, readFile, readlink, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { ask } from './ask.ts'
import { demoImage, PAGE } from './image.ts'
import { demoTable, median, type DemoReport } from './report.ts'
import { tar } from './tar.ts'

async function unpacked(archive: Buffer, look: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'ramet-tar-'))
  try {
    await writeFile(join(folder, 'archive.tar'), archive)
    await promisify(execFile)('tar', ['-xpf', 'archive.tar'], { cwd: folder })
    await look(folder)
  } finally {
    await rm(folder, { recursive: true })
  }
}

test('tar reads what the writer wrote', async () => {
  const content = Buffer.alloc(513, 'x')
  const archive = tar([
    { path: 'd', mode: 0o1777 },
    { path: 'd/file', mode: 0o755, content },
    { path: 'd/empty', content: Buffer.alloc(0) },
    { path: 'd/link', target: 'file' },
  ])
  expect(archive.length % 512).toBe(0)
  await unpacked(archive, async (folder) => {
    expect((await stat(join(folder, 'd'))).mode & 0o7777).toBe(0o1777)
    expect((await stat(join(folder, 'd/file'))).mode & 0o7777).toBe(0o755)
    expect(await readFile(join(folder, 'd/file'))).toEqual(content)
    expect((await stat(join(folder, 'd/empty'))).size).toBe(0)
    expect(await readlink(join(folder, 'd/link'))).toBe('file')
  })
})

test('a name that does not fit is refused, not cut', () => {
  expect(() => tar([{ path: 'x'.repeat(101) }])).toThrow(RangeError)
})

test('the image is a docker archive whose digests hold, the same each time', async () => {
  const { name, archive } = await demoImage()
  expect((await demoImage()).archive.equals(archive)).toBe(true)
  await unpacked(archive, async (folder) => {
    const [manifest] = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')) as [
      { Config: string; RepoTags: string[]; Layers: [string] },
    ]
    expect(manifest.RepoTags).toEqual([name])
    const sums = await promisify(execFile)('sha256sum', [manifest.Config, manifest.Layers[0]], {
      cwd: folder,
    })
    for (const line of sums.stdout.trim().split('\n')) {
      const [sum, file] = line.split(/ +/)
      expect(file).toMatch(new RegExp(`^${sum}\\.(json|tar)$`))
    }
    const config = JSON.parse(await readFile(join(folder, manifest.Config), 'utf8')) as {
      rootfs: { diff_ids: string[] }
    }
    expect(config.rootfs.diff_ids).toEqual([`sha256:${manifest.Layers[0].replace('.tar', '')}`])
    await unpacked(await readFile(join(folder, manifest.Layers[0])), async (root) => {
      expect(await readFile(join(root, 'www/index.html'), 'utf8')).toBe(PAGE)
      expect(await readFile(join(root, 'bin/httpd'))).toEqual(await readFile('/bin/busybox'))
    })
  })
})

test('asking goes on until there is an answer', async () => {
  let calls = 0
  const server = createServer((_request, response) => {
    if (++calls < 3) response.destroy()
    else response.end(PAGE)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const { signal } = new AbortController()
  expect(await ask(port, 10_000, signal)).toBe(PAGE)
  expect(calls).toBe(3)
  await new Promise((resolve) => server.close(resolve))
  expect(await ask(port, 100, signal)).toBeUndefined()
})

const report: DemoReport = {
  accelerator: 'tcg',
  image: 'web:1',
  coldBootMs: 12_000,
  cloneMs: [900, 500, 700, 600],
  coldPrivateBytes: 64 * 2 ** 20,
  clonePrivateBytes: [8 * 2 ** 20],
  savedBytes: 56 * 2 ** 20,
  ok: true,
}

test('the table tells medians and ratios', () => {
  expect(median([3, 1, 2])).toBe(2)
  const lines = demoTable(report).split('\n')
  expect(lines[3]!.split(/ {3,}/)).toEqual(['start to answer', '12.0 s', '650 ms', '18.5 times as fast'])
  expect(lines[4]!.split(/ {3,}/)).toEqual(['private RAM', '64 MiB', '8 MiB', '13 % of it'])
  expect(lines.at(-2)).toBe('1 clone saves 56 MiB against as many VMs booted cold')
  expect(demoTable({ ...report, cloneMs: [] })).toBe('no clone came up\n')
})
