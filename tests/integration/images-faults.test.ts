import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { ProgressMessage } from '../../contract/docker.ts'
import { ImageStore } from '../../engine/images/store.ts'
import { tar, type TarSpec } from '../../engine/images/tar/testing.ts'
import { makeImage, type Layer } from '../support/images.ts'
import { TestRegistry } from '../support/registry.ts'

const exec = promisify(execFile)

let root: string
let folder: string
let store: ImageStore

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'ramet-faults-'))
})
afterAll(() => rm(root, { recursive: true, force: true }))

beforeEach(async () => {
  folder = await mkdtemp(join(root, 'store-'))
  store = await ImageStore.open({ folder })
})

async function archiveOf(layers: Layer[], tag = 'fault:1'): Promise<string> {
  const file = join(root, 'image.tar')
  await makeImage({ tag, layers }, file)
  return file
}

const load = async (entries: TarSpec[][]) =>
  (await store.load(createReadStream(await archiveOf(entries.map((each) => tar(each))))))[0]!

async function filesOf(): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true })
  return entries.sort()
}

/** Enough that a conversion can be caught at work. */
const LARGE: TarSpec[] = Array.from({ length: 4 }, (_, at) => ({
  path: `f${at}`,
  data: randomBytes(20_000_000),
}))

describe('conversion', () => {
  test('runs once however many ask, and tells each of its progress', async () => {
    const image = await load([LARGE, [{ path: 'f0', data: 'new' }]])
    const told: ProgressMessage[][] = [[], []]
    const asked = told.map((list) => store.erofs(image, { onProgress: (message) => list.push(message) }))
    await expect.poll(() => readdir(join(folder, 'work')), { timeout: 60_000 }).toHaveLength(1)
    const results = await Promise.all([...asked, store.erofs(image)])
    expect(new Set(results.map(({ path }) => path)).size).toBe(1)
    expect(told[0]).toEqual(told[1])
    expect(told[0]!.filter(({ status }) => status === 'Pull complete')).toHaveLength(2)
    const { ino, size } = await stat(results[0]!.path)
    expect(await store.erofs(image)).toEqual({ path: results[0]!.path, bytes: size })
    expect((await stat(results[0]!.path)).ino).toBe(ino)
  })

  test('goes on while one still wants it, and is given up when nobody does', async () => {
    const image = await load([LARGE])
    const before = await filesOf()
    const [first, second] = [new AbortController(), new AbortController()]
    const asked = [first, second].map(({ signal }) => store.erofs(image, { signal }))
    await expect.poll(() => readdir(join(folder, 'work')), { timeout: 60_000 }).toHaveLength(1)
    first.abort()
    await expect(asked[0]).rejects.toMatchObject({ name: 'AbortError' })
    expect(await readdir(join(folder, 'work'))).toHaveLength(1)
    second.abort()
    await expect(asked[1]).rejects.toMatchObject({ name: 'AbortError' })
    expect(await filesOf()).toEqual(before)
    await expect(store.erofs(image)).resolves.toBeDefined()
  })

  const refused: [string, TarSpec[]][] = [
    ['an entry ../x', [{ path: '../x', data: 'x' }]],
    ['a hard link to what is not there', [{ path: 'a', type: 'link', link: '../../etc/passwd' }]],
    ['a negative size', [{ path: 'a', header: (block) => block.fill(0xff, 124, 136) }]],
  ]
  test.each(refused)('refuses %s, and leaves nothing', async (_, entries) => {
    const image = await load([[{ path: 'fine', data: 'x' }], entries])
    const before = await filesOf()
    const error = await store.erofs(image).then(() => undefined, (reason: Error) => reason) // prettier-ignore
    expect(error).toMatchObject({ code: 'IMAGE_INVALID' })
    expect(error!.message).not.toContain('\n')
    expect(await filesOf()).toEqual(before)
  })

  test('notices a layer that was damaged on disk since', async () => {
    const image = await load([[{ path: 'a', data: 'content' }]])
    const layer = join(folder, 'blobs/sha256', image.layers[0]!.replace('sha256:', ''))
    await writeFile(layer, (await readFile(layer)).toString('latin1').replace('content', 'CONTENT'), 'latin1')
    const before = await filesOf()
    await expect(store.erofs(image)).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' })
    expect(await filesOf()).toEqual(before)
  })

  test('ends with the image', async () => {
    const image = await load([LARGE])
    const asked = store.erofs(image)
    const ended = expect(asked).rejects.toBeDefined()
    await expect.poll(() => readdir(join(folder, 'work')), { timeout: 60_000 }).toHaveLength(1)
    await store.remove(image.id, { force: false, inUse: () => [] })
    await ended
    expect(await filesOf()).toEqual(['blobs', 'blobs/sha256', 'erofs', 'index.json', 'oci-layout', 'work'])
  })
})

describe('a store that is opened again', () => {
  test('sweeps what a killed engine left, and leaves alone what another still makes', async () => {
    const image = await load([[{ path: 'a', data: 'x' }]])
    await store.erofs(image)
    const before = await filesOf()
    // A process id that no Linux gives out, and that of init.
    for (const name of ['4194305-dead', 'nonsense', '1-alive']) {
      await mkdir(join(folder, 'work', name, 'oci'), { recursive: true })
      await writeFile(join(folder, 'work', name, 'oci', 'blob'), 'x')
    }
    await writeFile(join(folder, 'blobs/sha256', 'e'.repeat(64)), 'x')
    await writeFile(join(folder, 'erofs', `${'e'.repeat(64)}.1.erofs`), 'x')
    await writeFile(join(folder, 'index.json.new'), '{"half')
    const again = await ImageStore.open({ folder })
    await rm(join(folder, 'work', '1-alive'), { recursive: true })
    expect(await filesOf()).toEqual(before)
    expect(await again.list()).toEqual([image])
  })

  test('keeps an image that cannot be read out of the list and on the disk, until it is brought again', async () => {
    const archive = await archiveOf([tar([{ path: 'a', data: 'x' }])])
    const [image] = await store.load(createReadStream(archive))
    const config = join(folder, 'blobs/sha256', image!.id.replace('sha256:', ''))
    await writeFile(config, '{}')
    const before = await filesOf()
    const again = await ImageStore.open({ folder })
    expect(await again.list()).toEqual([])
    expect(await filesOf()).toEqual(before)
    await again.load(createReadStream(archive))
    expect(await again.list()).toEqual([image])
    expect(await (await ImageStore.open({ folder })).list()).toEqual([image])
  })

  test('refuses a broken index and says which, rather than lose images', async () => {
    await load([[{ path: 'a', data: 'x' }]])
    await writeFile(join(folder, 'index.json'), '{"manifests": [{')
    const before = await filesOf()
    const error = await ImageStore.open({ folder }).then(() => undefined, (reason: Error) => reason) // prettier-ignore
    expect(error).toMatchObject({ code: 'IMAGE_INVALID' })
    expect(error!.message).toContain(join(folder, 'index.json'))
    expect(await filesOf()).toEqual(before)
  })
})

test('a list of images that cannot be written leaves the store as it was', async () => {
  // Nothing can be renamed onto a folder.
  await mkdir(join(folder, 'index.json'))
  const before = await filesOf()
  await expect(load([[{ path: 'a', data: 'x' }]])).rejects.toMatchObject({ code: 'EISDIR' })
  expect(await filesOf()).toEqual(before)
  expect(await store.list()).toEqual([])
  await rm(join(folder, 'index.json'), { recursive: true })
  await expect(load([[{ path: 'a', data: 'x' }]])).resolves.toBeDefined()
})

describe('a full disk', () => {
  /** A file system of 32 MiB, with a store on it. */
  async function smallDisk(): Promise<({ path: string } & AsyncDisposable) | undefined> {
    const path = await mkdtemp(join(root, 'small-'))
    const mounted = await exec('mount', ['-t', 'tmpfs', '-o', 'size=32m', 'ramet-test', path]).then(() => true, () => false) // prettier-ignore
    if (!mounted) return undefined
    folder = path
    store = await ImageStore.open({ folder })
    return { path, [Symbol.asyncDispose]: async () => void (await exec('umount', [path])) }
  }
  const skipped = 'a full disk went untested: this user cannot mount a tmpfs'

  async function full(work: () => Promise<unknown>): Promise<void> {
    const before = await filesOf()
    const error = await work().then(() => undefined, (reason: Error) => reason) // prettier-ignore
    expect(error, String(error)).toMatchObject({ code: 'DISK_FULL' })
    expect(error!.message).toContain('ramet rmi')
    expect(await filesOf()).toEqual(before)
  }
  const random = (bytes: number): Buffer => tar([{ path: 'random', data: randomBytes(bytes) }])

  test('stops a pull and a load, and leaves room for what fits', async (context) => {
    await using disk = await smallDisk()
    if (!disk) return context.skip(skipped)
    await using registry = await TestRegistry.start()
    const large = await registry.push(await archiveOf([random(40_000_000)]), 'full/large:1')
    await full(() => store.pull(large))
    const archive = await archiveOf([random(40_000_000)])
    await full(() => store.load(createReadStream(archive)))
    await expect(store.load(createReadStream(await archiveOf([random(1_000_000)])))).resolves.toHaveLength(1)
  })

  test('stops a conversion, which works once there is room', async (context) => {
    await using disk = await smallDisk()
    if (!disk) return context.skip(skipped)
    const [image] = await store.load(createReadStream(await archiveOf([random(20_000_000)])))
    await full(() => store.erofs(image!))
    await exec('mount', ['-o', 'remount,size=64m', disk.path])
    await expect(store.erofs(image!)).resolves.toBeDefined()
  })
})
