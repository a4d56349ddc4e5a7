import { execFile } from 'node:child_process'
import { createReadStream } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { EventMessage, ProgressMessage } from '../../contract/docker.ts'
import { ImageStore } from '../images/store.ts'
import { EventBus } from './events.ts'
import { ImageService } from './images.ts'
import type { TemplateService } from './templates.ts'

const run = promisify(execFile)
const { signal } = new AbortController()
let folder: string
let images: ImageService
let seen: string[]

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ramet-commit-'))
  const store = await ImageStore.open({ folder: join(folder, 'store') })
  const events = new EventBus()
  seen = []
  events.subscribe(({ Action, Actor }: EventMessage) => seen.push(`${Action} ${Actor.Attributes['name']}`))
  // Nothing here makes or removes a template.
  images = new ImageService({
    store,
    events,
    templates: {} as TemplateService,
    usersOf: () => [],
    idsOf: () => ['c0ffee'],
  })
})
afterEach(() => rm(folder, { recursive: true, force: true }))

/** Made by the machine's own tar. */
async function archive(...files: string[]): Promise<Readable> {
  const root = await mkdtemp(join(folder, 'root-'))
  for (const file of files) {
    await mkdir(join(root, file, '..'), { recursive: true })
    await writeFile(join(root, file), file)
  }
  await run('tar', ['-C', root, '-cf', `${root}.tar`, '.'])
  return createReadStream(`${root}.tar`)
}

async function imported(): Promise<string> {
  const lines: ProgressMessage[] = []
  const onProgress = (line: ProgressMessage): void => void lines.push(line)
  const layer = await archive('etc/one', 'etc/two')
  await images.import(layer, { reference: 'base:1', changes: ['CMD ["sh"]', 'USER me'], signal, onProgress })
  return lines.at(-1)!.status!
}

test('an import ends with the id of the image', async () => {
  const id = await imported()
  expect(await images.inspect('base:1')).toMatchObject({ Id: id, Config: { Cmd: ['sh'], User: 'me' } })
  expect(seen).toEqual(['import base:1'])
})

test('its manifest is told of where it is asked for', async () => {
  const id = await imported()
  const { Manifests: [manifest] = [] } = await images.inspect(id, { manifests: true })
  const { digest, size } = manifest!.Descriptor
  expect(await readFile(join(folder, 'store/blobs/sha256', digest.slice(7)))).toHaveLength(size)
  expect(manifest).toMatchObject({
    ID: digest,
    Available: true,
    Kind: 'image',
    Size: { Content: size + (await images.inspect(id)).Size },
    ImageData: { Platform: { os: 'linux' }, Containers: ['c0ffee'] },
  })
  const [listed] = await images.list({ all: true, filters: {}, manifests: true })
  expect(listed).toMatchObject({ Manifests: [manifest], SharedSize: -1 })
  expect(await images.inspect(id)).not.toHaveProperty('Manifests')
})

test('a commit lies above the image of the container, with its config, the request’s and the changes', async () => {
  const base = await imported()
  const { Id } = await images.commit(await archive('etc/.wh.one', 'srv/new'), {
    imageId: base,
    config: { Cmd: ['sleep', '9'], Env: ['A=1'], Hostname: 'c', Tty: true },
    override: { Labels: { from: 'request' } },
    changes: ['ENV B=$A$A'],
    reference: 'made',
    comment: 'why',
    author: 'me',
    signal,
  })
  const image = await images.inspect('made')
  expect(image).toMatchObject({ Id, RepoTags: ['made:latest'], Author: 'me', Comment: 'why' })
  expect(image.Config).toEqual({ Cmd: ['sleep', '9'], Env: ['A=1', 'B=11'], Labels: { from: 'request' } })
  expect(image.RootFS.Layers[0]).toBe((await images.inspect(base)).RootFS.Layers[0])
  expect(await images.history('made')).toMatchObject([
    { Id, CreatedBy: 'sleep 9', Comment: 'why', Tags: ['made:latest'] },
    { Id: '<missing>', Comment: 'Imported from -' },
  ])
  expect(seen).toEqual(['import base:1', 'tag made'])
})

test('a change that cannot be applied, and a layer that breaks off, make no image', async () => {
  const base = await imported()
  const commit = (layer: Readable, changes: string[]) =>
    images.commit(layer, { imageId: base, config: {}, changes, signal })
  const unread = await archive('a')
  await expect(commit(unread, ['RUN make'])).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  expect(unread.destroyed).toBe(true)
  const broken = Readable.from(
    (async function* () {
      yield Buffer.alloc(512)
      throw new Error('the agent went away')
    })(),
  )
  await expect(commit(broken, [])).rejects.toThrow('the agent went away')
  expect(await images.list({ all: true, filters: {} })).toHaveLength(1)
})
