import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { link, mkdir, mkdtemp, open, readdir, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import { createGzip } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ImageStore } from '../../engine/images/store.ts'
import { fill, tar, tarEnd, tarHeader, type TarSpec } from '../../engine/images/tar/testing.ts'
import { mountErofs, readTree, unpackLayers, type FileFacts } from '../support/image-tree.ts'
import { compressed, hashFile, makeImage, type Layer } from '../support/images.ts'

const exec = promisify(execFile)
const isRoot = process.getuid!() === 0

let folder: string
let erofs: string
/** The layers as plain tar archives. */
let archives: string[]

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ramet-erofs-'))
  archives = [await layer('base', BASE), await gnuLayer('pax'), await gnuLayer('gnu'), await layer('upper', UPPER), await layer('top', TOP)] // prettier-ignore
  const layers: Layer[] = await Promise.all(
    archives.map(async (file, at) => (at % 2 ? compressed(await readAll(file)) : { file })),
  )
  await makeImage({ tag: 'odd:1', layers }, join(folder, 'image.tar'))
  const store = await ImageStore.open({ folder: join(folder, 'store') })
  const [image] = await store.load(createReadStream(join(folder, 'image.tar')))
  erofs = (await store.erofs(image!)).path
})

afterAll(() => rm(folder, { recursive: true, force: true }))

test('fsck.erofs finds nothing wrong', async () => {
  await expect(exec('fsck.erofs', [erofs])).resolves.toBeDefined()
})

test('every file is what GNU tar unpacks from the layers', async (context) => {
  await using mounted = await mountErofs(erofs)
  if (!isRoot || !mounted)
    return context.skip('owners, devices and attributes went unchecked: no root, or no erofs')
  const root = await mkdtemp(join(folder, 'expected-'))
  await unpackLayers(archives, root)
  const [expected, found] = [await readTree(root), await readTree(mounted.path)]
  expect(Object.keys(found)).toEqual(Object.keys(expected))
  expect(found).toEqual(expected)
  // The image is as odd as it is meant to be.
  const kinds = new Set(Object.values(found).map(({ type }) => type))
  expect([...kinds].sort()).toEqual(['block', 'char', 'directory', 'fifo', 'file', 'symlink'])
  expect(Object.keys(found).filter((path) => path.length > 255).length).toBeGreaterThan(2)
  expect(found['base/linked']?.names).toEqual(['base/linked', 'base/linked-2', 'upper/linked-3'])
  expect(found['base/capable']?.xattrs).toHaveProperty(['security.capability'])
})

test('fsck.erofs unpacks the same contents', async () => {
  const root = await mkdtemp(join(folder, 'extracted-'))
  await exec('fsck.erofs', [`--extract=${root}`, '--overwrite', '--no-preserve', erofs])
  await using mounted = await mountErofs(erofs)
  const expected = mounted ? await readTree(mounted.path) : undefined
  const found = contents(await readTree(root))
  expect(Object.keys(found).length).toBeGreaterThan(3_000)
  expect(found).toMatchObject({ 'upper/folder-to-file': { type: 'file' }, 'base/size-4097': { size: 4097 } })
  if (expected) expect(found).toEqual(contents(expected))
})

test('every regular file lies in whole blocks, uncompressed and never inline', async () => {
  const root = await mkdtemp(join(folder, 'plain-'))
  await exec('fsck.erofs', [`--extract=${root}`, '--overwrite', '--no-preserve', erofs])
  const files = Object.entries(await readTree(root)).filter(([path, { type }]) => type === 'file' && !path.startsWith('many/')) // prettier-ignore
  expect(files.length).toBeGreaterThan(20)
  for (const [path] of files) {
    const { stdout } = await exec('dump.erofs', [`--path=/${Buffer.from(path, 'latin1').toString()}`, erofs])
    expect(stdout, path).toMatch(/regular file/)
    expect(stdout, path).toMatch(/Layout: 0 /)
  }
})

test('the same layers make the same file, whatever the store', async () => {
  const store = await ImageStore.open({ folder: join(folder, 'second') })
  const [image] = await store.load(createReadStream(join(folder, 'image.tar')))
  const again = await store.erofs(image!)
  await expect(exec('cmp', [erofs, again.path])).resolves.toBeDefined()
  expect(again.bytes % (2 * 1024 * 1024)).toBe(0)
})

test('300 MB of layers are converted in bounded memory', async () => {
  const files = [join(folder, 'large.tar'), join(folder, 'many.tar')]
  await writeTar(files[0]!, [100_000_000, 100_000_000])
  await writeTar(
    files[1]!,
    Array.from({ length: 20_000 }, () => 5_000),
  )
  const packed = files.map((file) => `${file}.gz`)
  await Promise.all(files.map((file, at) => pipeline(createReadStream(file), createGzip({ level: 1 }), createWriteStream(packed[at]!)))) // prettier-ignore
  const layers = await Promise.all(
    files.map(async (file, at) => {
      const { digest, size } = await hashFile(packed[at]!)
      return { path: packed[at], digest, size, diffId: (await hashFile(file)).digest }
    }),
  )
  expect(layers.reduce((sum, { size }) => sum + size, 0)).toBeGreaterThan(300_000_000)
  const output = join(folder, 'large.erofs')
  // The conversion in a process of its own that says what it took at most, before and after.
  const script = `
    import { convertLayers } from ${JSON.stringify(join(import.meta.dirname, '../../engine/images/convert-job.ts'))}
    const before = process.resourceUsage().maxRSS
    await convertLayers(${JSON.stringify({ layers, output, seed: 'large' })})
    console.log(process.resourceUsage().maxRSS - before)`
  const { stdout } = await exec(process.execPath, ['--input-type=module', '-e', script])
  const { size } = await stat(output)
  expect(size).toBeGreaterThan(300_000_000)
  expect(Number(stdout)).toBeGreaterThan(0)
  expect(Number(stdout) / 1024).toBeLessThan(150)
  await expect(exec('fsck.erofs', [output])).resolves.toBeDefined()
})

async function writeTar(path: string, sizes: number[]): Promise<void> {
  await using file = await open(path, 'w')
  for (const [at, size] of sizes.entries()) {
    await file.write(tarHeader({ path: `data/${path.length}-${at}` }, size))
    for (let left = size; left > 0; left -= 1 << 20) await file.write(randomBytes(Math.min(left, 1 << 20)))
    await file.write(fill(size))
  }
  await file.write(tarEnd())
}

const contents = (tree: Record<string, FileFacts>) =>
  Object.fromEntries(
    Object.entries(tree)
      .filter(([, { type }]) => type === 'file' || type === 'symlink' || type === 'directory')
      .map(([path, { type, size, sha256, target }]) => [path, { type, size, sha256, target }]),
  )

async function readAll(file: string): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of createReadStream(file)) parts.push(part as Buffer)
  return Buffer.concat(parts)
}

async function layer(name: string, entries: TarSpec[]): Promise<string> {
  const file = join(folder, `${name}.tar`)
  await writeFile(file, tar(entries))
  return file
}

/** A layer as GNU tar writes it, in its PAX or its own format: sparse files, long names, hard links. */
async function gnuLayer(format: 'pax' | 'gnu'): Promise<string> {
  const root = join(folder, format)
  const deep = join(root, format, ...Array.from({ length: 3 }, (_, at) => `${at}`.repeat(120)))
  await mkdir(deep, { recursive: true })
  await writeFile(join(deep, 'n'.repeat(200)), format)
  await symlink('t'.repeat(300), join(deep, 'long-target'))
  const holes = join(root, format, 'holes')
  await using file = await open(holes, 'w')
  for (let at = 0; at < 40; at++) await file.write(randomBytes(5_000), 0, 5_000, at * 300_000 + 777)
  await truncate(holes, 20_000_000)
  await writeFile(join(root, format, 'all-hole'), '')
  await truncate(join(root, format, 'all-hole'), 5_000_000)
  await link(holes, join(root, format, 'holes-2'))
  const archive = join(folder, `${format}.tar`)
  await exec('tar', ['-C', root, `--format=${format}`, '--sparse', '--numeric-owner', '-cf', archive, format])
  expect((await readdir(join(root, format))).length).toBeGreaterThan(3)
  return archive
}

const folderAt = (path: string, more: Partial<TarSpec> = {}): TarSpec => ({
  path,
  type: 'directory',
  ...more,
})
const sized = (bytes: number): TarSpec => ({ path: `base/size-${bytes}`, data: randomBytes(bytes) })

const BASE: TarSpec[] = [
  folderAt('./', { mode: 0o711, mtime: 1 }),
  folderAt('base'),
  ...[0, 1, 511, 4095, 4096, 4097, 1_048_579].map(sized),
  {
    path: 'base/owned',
    data: 'x',
    uid: 1000,
    gid: 4_000_000_000,
    mode: 0o640,
    pax: { mtime: '1600000000.123456789' },
  },
  { path: 'base/setuid', data: 'x', mode: 0o6755 },
  folderAt('base/sticky', { mode: 0o1777 }),
  { path: 'base/before-1970', data: 'x', pax: { mtime: '-1.25' } },
  { path: 'base/capable', data: 'x', xattrs: { 'security.capability': Buffer.from('0100000200040000000000000000000000000000', 'hex'), 'user.note': 'of the user', 'trusted.t': 'trust' } }, // prettier-ignore
  folderAt('base/with-attributes', { xattrs: { 'user.folder': 'yes', 'user.empty': '' } }),
  { path: 'base/linked', data: 'three names' },
  { path: 'base/linked-2', type: 'link', link: 'base/linked' },
  { path: 'base/absolute', type: 'symlink', link: '/etc/../base' },
  { path: 'base/longest', type: 'symlink', link: 'l'.repeat(4_090) },
  { path: 'base/null', type: 'char', major: 1, minor: 3, mode: 0o666 },
  { path: 'base/high', type: 'block', major: 259, minor: 70_000, mode: 0o660, gid: 6 },
  { path: 'base/pipe', type: 'fifo', mode: 0o600 },
  { path: 'base/name with \\ and "quotes"', data: 'x' },
  { path: 'base/größe', data: 'x' },
  { path: `base/${'n'.repeat(255)}`, data: 'x' },
  { path: `implied/${Array.from({ length: 12 }, () => 'd'.repeat(60)).join('/')}/deep`, data: 'deep' },
  folderAt('gone'),
  { path: 'gone/file', data: 'gone' },
  folderAt('gone/folder'),
  { path: 'gone/folder/file', data: 'gone' },
  { path: 'gone/big', data: Buffer.alloc(3_000_000, 'secret') },
  folderAt('opaque', { mode: 0o700 }),
  { path: 'opaque/old', data: 'old' },
  { path: 'opaque/both', data: 'old' },
  folderAt('many'),
  ...Array.from({ length: 3_000 }, (_, at): TarSpec => ({ path: `many/entry-${at}`, data: `${at}` })),
  folderAt('upper'),
  folderAt('upper/folder-to-file'),
  { path: 'upper/folder-to-file/inside', data: 'x' },
  { path: 'upper/file-to-folder', data: 'x' },
  folderAt('upper/folder-to-link'),
  { path: 'upper/replaced', data: 'old' },
  { path: 'upper/replaced-link', type: 'link', link: 'upper/replaced' },
]

const UPPER: TarSpec[] = [
  { path: 'gone/.wh.file' },
  { path: 'gone/.wh.folder' },
  { path: 'gone/.wh.big' },
  { path: 'gone/.wh.never-was' },
  folderAt('opaque', { mode: 0o755, uid: 5 }),
  { path: 'opaque/new', data: 'new' },
  { path: 'opaque/both', data: 'new' },
  { path: 'opaque/.wh..wh..opq' },
  { path: 'upper/linked-3', type: 'link', link: 'base/linked-2' },
  { path: 'upper/folder-to-file', data: 'now a file' },
  folderAt('upper/file-to-folder', { mode: 0o750 }),
  { path: 'upper/file-to-folder/inside', data: 'x' },
  { path: 'upper/folder-to-link', type: 'symlink', link: 'file-to-folder' },
  { path: 'upper/replaced', data: 'new' },
  { path: 'many/.wh.entry-17' },
  { path: 'many/entry-18', data: 'changed' },
]

const TOP: TarSpec[] = [
  { path: 'upper/replaced', data: 'newer', mode: 0o600 },
  { path: 'upper/.wh.file-to-folder' },
  { path: 'gone/file', data: 'back again' },
  { path: 'base/holes', type: 'link', link: 'pax/holes' },
  folderAt('base/sticky', { mode: 0o1770, uid: 7 }),
]
