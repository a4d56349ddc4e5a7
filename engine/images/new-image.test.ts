import { execFile } from 'node:child_process'
import { createReadStream } from 'node:fs'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ImageStore } from './store.ts'

const run = promisify(execFile)
let folder: string
let store: ImageStore

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ramet-new-image-'))
  store = await ImageStore.open({ folder: join(folder, 'store') })
})
afterEach(() => rm(folder, { recursive: true, force: true }))

/** Made by the machine's own tar. */
async function archive(name: string, text: string, ...flags: string[]): Promise<Readable> {
  await mkdir(join(folder, 'root/etc'), { recursive: true })
  await writeFile(join(folder, 'root/etc', name), text)
  await run('tar', [...flags, '-C', join(folder, 'root'), '-cf', join(folder, `${name}.tar`), '.'])
  return createReadStream(join(folder, `${name}.tar`))
}

async function left(): Promise<string[]> {
  const at = join(folder, 'store')
  const lists = ['blobs/sha256', 'erofs', 'work'].map((part) => readdir(join(at, part)))
  return (await Promise.all(lists)).flat()
}

test.each([[[]], [['--gzip']]])('an image is made of a tar (%s), and another one above it', async (flags) => {
  const first = await store.add({
    layer: await archive('one', 'first', ...flags),
    config: { Cmd: ['/bin/x'] },
    reference: 'made:1',
    comment: 'by hand',
    author: 'me',
  })
  expect(first).toMatchObject({
    repoTags: ['made:1'],
    author: 'me',
    os: 'linux',
    config: { Cmd: ['/bin/x'] },
  })
  const second = await store.add({
    base: 'made:1',
    layer: await archive('two', 'second'),
    config: { Env: ['A=1'] },
    reference: 'made:1',
    createdBy: 'sh',
  })
  expect(second).toMatchObject({ repoTags: ['made:1'], config: { Env: ['A=1'] }, author: 'me' })
  expect(second.layers).toEqual([first.layers[0], second.layers[1]])
  expect((await store.history(second.id)).map(({ createdBy, comment }) => [createdBy, comment])).toEqual([
    ['sh', ''],
    ['', 'by hand'],
  ])
  expect((await store.get(first.id)).repoTags).toEqual([])

  // What another engine on the same folder finds is whole: loading reads every layer again.
  const again = await ImageStore.open({ folder: join(folder, 'store') })
  const other = await ImageStore.open({ folder: join(folder, 'other') })
  const [loaded] = await other.load(await again.save(['made:1']))
  expect(loaded).toMatchObject({ id: second.id, layers: second.layers })
})

test.each([
  ['no tar', Readable.from([Buffer.alloc(2048, 'x')]), 'IMAGE_INVALID'],
  ['nothing', Readable.from([]), 'IMAGE_INVALID'],
  ['broken gzip', Readable.from([Buffer.from([0x1f, 0x8b, 8, 0, 1, 2, 3, 4, 5, 6, 7, 8])]), 'IMAGE_INVALID'],
])('of %s no image is made and nothing is left', async (_, layer, code) => {
  await expect(store.add({ layer, config: {}, reference: 'x' })).rejects.toMatchObject({ code })
  expect(await left()).toEqual([])
  expect(layer.destroyed).toBe(true)
})

test('a layer that stops coming is given up with the signal, and nothing is left', async () => {
  const layer = new PassThrough()
  layer.write(Buffer.alloc(512))
  const abort = new AbortController()
  const adding = store.add({ layer, config: {}, signal: abort.signal })
  setTimeout(() => abort.abort(), 50)
  await expect(adding).rejects.toMatchObject({ name: 'AbortError' })
  expect(await left()).toEqual([])
})

test('a base that is not there, and a name with a digest, are refused', async () => {
  const add = (more: object) => store.add({ layer: Readable.from([]), config: {}, ...more })
  await expect(add({ base: 'nothing' })).rejects.toMatchObject({ code: 'IMAGE_NOT_FOUND' })
  await expect(add({ reference: `a@sha256:${'0'.repeat(64)}` })).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
  })
})
