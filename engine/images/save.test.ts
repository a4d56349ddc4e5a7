import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ArchiveFiles } from './archive-files.ts'
import { readArchive } from './archive.ts'
import { Catalog } from './catalog.ts'
import { digestOf, hexOf } from './digest.ts'
import { MEDIA } from './manifest.ts'
import { saveArchive, savedImages } from './save.ts'
import { joinImage, type StoredImage } from './stored-image.ts'

let folder: string

beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'ramet-save-'))))
afterEach(() => rm(folder, { recursive: true, force: true }))

const pathOf = (digest: string): string => join(folder, hexOf(digest))

async function blob(data: string): Promise<{ digest: string; size: number }> {
  const digest = digestOf(data)
  await writeFile(pathOf(digest), data)
  return { digest, size: data.length }
}

/** An image of one layer that is no tar: saving looks into none. */
async function image(layer: string): Promise<StoredImage> {
  const content = await blob(layer)
  const configText = JSON.stringify({ rootfs: { type: 'layers', diff_ids: [content.digest] } })
  const manifestText = JSON.stringify({
    schemaVersion: 2,
    config: { mediaType: MEDIA.ociConfig, ...(await blob(configText)) },
    layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar', ...content }],
  })
  const descriptor = { mediaType: MEDIA.ociManifest, ...(await blob(manifestText)) }
  return joinImage(descriptor, Buffer.from(manifestText), Buffer.from(configText))
}

const hub = (name: string): string => `docker.io/library/${name}`

test('by its name an image is saved with that name, by its id with all tags', async () => {
  const [a, b] = [await image('a'), await image('b')]
  const digest = `${hub('a')}@sha256:${'d'.repeat(64)}`
  const catalog = new Catalog().with(a, [hub('a:1'), hub('a:2'), digest]).with(b, [])
  const names = (...words: string[]) => savedImages(catalog, words).map((each) => [each.image.id, each.names])
  expect(names('a:1')).toEqual([[a.id, [hub('a:1')]]])
  expect(names('a:2', 'a:1', 'a:2')).toEqual([[a.id, [hub('a:2'), hub('a:1')]]])
  expect(names(a.id, b.id)).toEqual([
    [a.id, [hub('a:1'), hub('a:2')]],
    [b.id, []],
  ])
  expect(() => names('a:1', 'c')).toThrow(/no such image: c;/)
})

test('an archive holds each blob once, and load finds images and names again', async () => {
  const [a, b] = [await image('same'), await image('other')]
  const saved = [
    { image: a, names: [hub('a:1'), 'localhost:5000/x/y:2'] },
    { image: b, names: [] },
  ]
  const files = await ArchiveFiles.read(Readable.from(saveArchive(saved, pathOf)), join(folder, 'read'), {})
  const { images } = await readArchive(files, folder)
  expect(images.map((each) => [each.image.id, each.names])).toEqual([
    [a.id, [hub('a:1')]],
    [a.id, ['localhost:5000/x/y:2']],
    [b.id, []],
  ])
  const rows: unknown = JSON.parse(await readText(files, 'manifest.json'))
  expect(rows).toEqual([
    { Config: at(a.id), RepoTags: ['a:1', 'localhost:5000/x/y:2'], Layers: [at(digestOf('same'))] },
    { Config: at(b.id), RepoTags: null, Layers: [at(digestOf('other'))] },
  ])
  expect(files.get(at(digestOf('same')))!.digest).toBe(digestOf('same'))
})

test.each(['short', 'much too long'])(
  'a blob that has changed its length breaks the archive off (%s)',
  async (now) => {
    const a = await image('as it was')
    await writeFile(pathOf(digestOf('as it was')), now)
    const reading = (async () => {
      let bytes = 0
      for await (const chunk of saveArchive([{ image: a, names: [] }], pathOf)) bytes += chunk.length
      return bytes
    })()
    await expect(reading).rejects.toMatchObject({ code: 'IMAGE_INVALID' })
  },
)

const at = (digest: string): string => `blobs/sha256/${hexOf(digest)}`

function readText(files: ArchiveFiles, name: string): Promise<string> {
  return readFile(files.get(name)!.path, 'utf8')
}
