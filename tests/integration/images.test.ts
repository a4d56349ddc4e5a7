import { execFile } from 'node:child_process'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import { createGzip, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { ProgressMessage } from '../../contract/docker.ts'
import type { ErrorCode } from '../../contract/errors.ts'
import { ImageStore, type Image } from '../../engine/images/store.ts'
import { tar } from '../../engine/images/tar/testing.ts'
import { busyboxImage, makeImage, type Layer, type TestImage } from '../support/images.ts'
import { demandLogin, TestRegistry } from '../support/registry.ts'

const exec = promisify(execFile)

let root: string
let registry: TestRegistry
let busybox: TestImage
let folder: string
let store: ImageStore

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'ramet-images-'))
  registry = await TestRegistry.start()
  busybox = await busyboxImage()
})

afterAll(async () => {
  await registry[Symbol.asyncDispose]()
  await rm(root, { recursive: true, force: true })
})

beforeEach(async () => {
  registry.intercept = () => false
  folder = await mkdtemp(join(root, 'store-'))
  store = await ImageStore.open({ folder })
})

const unused = { force: false, inUse: () => [] }

/** Every file of the store, by its path in it. */
async function filesOf(place = folder): Promise<string[]> {
  const entries = await readdir(place, { recursive: true, withFileTypes: true })
  return entries.filter((each) => each.isFile()).map((each) => join(each.parentPath, each.name).slice(place.length + 1)).sort() // prettier-ignore
}

/** Runs what must fail with this code, in one line for people, and leave the store as it was. */
async function failing(code: ErrorCode, work: () => Promise<unknown>): Promise<string> {
  const before = await filesOf()
  const error = await work().then(
    () => undefined,
    (reason: Error & { code: string }) => reason,
  )
  expect(error?.code, String(error)).toBe(code)
  expect(error!.message).not.toContain('\n')
  expect(await filesOf()).toEqual(before)
  return error!.message
}

describe('pull', () => {
  test('brings an image, byte for byte, tells of it, and knows it after a restart', async () => {
    const reference = await registry.push(busybox.archive, 'pull/busybox:1')
    const told: ProgressMessage[] = []
    const image = await store.pull(reference, { onProgress: (message) => told.push(message) })
    expect(image).toMatchObject({ repoTags: [reference], os: 'linux', config: { Cmd: ['sh'] } })
    expect(image.repoDigests).toEqual([`${registry.host}/pull/busybox@${image.manifestDigest}`])
    expect(told[0]).toEqual({ status: `Pulling from ${registry.host}/pull/busybox`, id: '1' })
    const complete = told.filter(({ status }) => status === 'Download complete')
    expect(complete).toHaveLength(2)
    expect(complete.every(({ id }) => /^[0-9a-f]{12}$/.test(id!))).toBe(true)
    const manifest = await readFile(registry.blobFile(image.manifestDigest))
    expect(await readFile(blobFile(image.manifestDigest))).toEqual(manifest)
    const again = await ImageStore.open({ folder })
    expect(await again.list()).toEqual([image])
    expect(await readdir(join(folder, 'work'))).toEqual([])
  })

  test("keeps Docker's own manifests and configs as they are", async () => {
    const image = await makeImage({ layers: [tar([{ path: 'a', data: 'a' }])], config: { Healthcheck: { Test: ['CMD', 'true'] } } }, join(root, 'v2s2.tar')) // prettier-ignore
    const reference = await registry.push(join(root, 'v2s2.tar'), 'pull/v2s2:1', ['--format', 'v2s2'])
    const pulled = await store.pull(reference)
    expect(pulled.config.Healthcheck).toEqual({ Test: ['CMD', 'true'] })
    expect(pulled.id).toBe(image)
    expect(await readFile(blobFile(pulled.id))).toEqual(await readFile(registry.blobFile(pulled.id)))
  })

  test('does not fetch what is here', async () => {
    const reference = await registry.push(busybox.archive, 'pull/twice:1')
    const first = await store.pull(reference)
    const fetched: string[] = []
    registry.intercept = (call) => Boolean(fetched.push(call.url!)) && false
    const told: ProgressMessage[] = []
    expect(await store.pull(reference, { onProgress: (message) => told.push(message) })).toEqual(first)
    expect(fetched.length).toBeGreaterThan(0)
    expect(fetched.filter((url) => url.includes('/blobs/'))).toEqual([])
    expect(told.filter(({ status }) => status === 'Already exists')).toHaveLength(2)
  })

  test('by digest gives no tag; a tag that moves leaves the older image without it', async () => {
    const reference = await registry.push(busybox.archive, 'pull/moving:1')
    const old = await store.pull(reference)
    const pinned = `${registry.host}/pull/moving@${old.manifestDigest}`
    await store.remove(reference, unused)
    expect(await store.pull(pinned)).toMatchObject({ id: old.id, repoTags: [], repoDigests: [pinned] })
    await store.pull(reference)
    await makeImage({ layers: [tar([{ path: 'new', data: 'new' }])] }, join(root, 'new.tar'))
    await registry.push(join(root, 'new.tar'), 'pull/moving:1')
    const next = await store.pull(reference)
    expect(next.id).not.toBe(old.id)
    expect(await store.get(reference)).toEqual(next)
    expect(await store.get(old.id)).toMatchObject({ repoTags: [], repoDigests: [pinned] })
  })

  test("takes this machine's platform out of a list, and says so where it is not in it", async () => {
    const reference = await registry.push(busybox.archive, 'pull/list:part')
    const { id, manifestDigest } = await store.pull(reference)
    const size = (await readFile(registry.blobFile(manifestDigest))).length
    const mediaType = 'application/vnd.oci.image.manifest.v1+json'
    const put = async (tag: string, architecture: string) => {
      const platform = { os: 'linux', architecture }
      const mediaTypeOfList = 'application/vnd.oci.image.index.v1+json'
      const list = JSON.stringify({ schemaVersion: 2, mediaType: mediaTypeOfList, manifests: [{ mediaType, digest: manifestDigest, size, platform }] }) // prettier-ignore
      const url = `http://${registry.host}/v2/pull/list/manifests/${tag}`
      const answer = await fetch(url, {
        method: 'PUT',
        body: list,
        headers: { 'Content-Type': mediaTypeOfList },
      })
      expect(answer.status).toBe(201)
      return answer.headers.get('docker-content-digest')
    }
    const digest = await put('1', process.arch === 'x64' ? 'amd64' : process.arch)
    expect(await store.pull(`${registry.host}/pull/list:1`)).toMatchObject({ id, manifestDigest })
    expect((await store.get(id)).repoDigests).toContain(`${registry.host}/pull/list@${digest}`)
    await put('2', 's390x')
    const message = await failing('IMAGE_NOT_FOUND', () => store.pull(`${registry.host}/pull/list:2`))
    expect(message).toContain('linux/s390x')
  })

  test('credentials are used, left nowhere, and asked for where they lack', async () => {
    const reference = await registry.push(busybox.archive, 'pull/secret:1')
    registry.intercept = demandLogin('user', 'secret-word')
    expect(await failing('UNAUTHORIZED', () => store.pull(reference))).toContain('docker login')
    const wrong = { username: 'user', password: 'wrong-word' }
    await failing('UNAUTHORIZED', () => store.pull(reference, { auth: wrong }))
    await store.pull(reference, { auth: { username: 'user', password: 'secret-word' } })
    const credentials = Buffer.from('user:secret-word').toString('base64')
    await expect(exec('grep', ['-rlE', `secret-word|${credentials}`, folder])).rejects.toMatchObject({
      code: 1,
    })
  })
})

const blobFile = (digest: string): string => join(folder, 'blobs/sha256', digest.replace('sha256:', ''))

describe('what a registry does wrong', () => {
  test('an image that it does not have', async () => {
    await registry.push(busybox.archive, 'wrong/here:1')
    for (const name of ['wrong/here:2', 'wrong/never:1']) {
      const message = await failing('IMAGE_NOT_FOUND', () => store.pull(`${registry.host}/${name}`))
      expect(message).toContain(name)
    }
  })

  test('a registry that is down', async () => {
    await using gone = await TestRegistry.start()
    await gone.stop()
    const message = await failing('REGISTRY_UNREACHABLE', () => store.pull(`${gone.host}/any/image`))
    expect(message).toContain(gone.host)
  })

  const damages: [string, (blob: Buffer) => Buffer, ErrorCode][] = [
    ['other content of the same length', (blob) => Buffer.from(blob.map((byte, at) => (at === 30 ? byte ^ 1 : byte))), 'DIGEST_MISMATCH'], // prettier-ignore
    ['a truncated blob', (blob) => blob.subarray(0, blob.length / 2), 'DIGEST_MISMATCH'], // prettier-ignore
  ]
  test.each(damages)('%s: manifest, config or layer', async (name, damage, code) => {
    const reference = await registry.push(busybox.archive, `wrong/${name.replace(/ /g, '-')}:1`)
    const image = await store.pull(reference)
    const { layers } = JSON.parse(await readFile(blobFile(image.manifestDigest), 'utf8')) as { layers: { digest: string }[] } // prettier-ignore
    await store.remove(image.id, { ...unused, force: true })
    const pinned = `${reference.slice(0, reference.lastIndexOf(':'))}@${image.manifestDigest}`
    for (const digest of [image.manifestDigest, image.id, layers[0]!.digest]) {
      const damaged = damage(await readFile(registry.blobFile(digest)))
      registry.intercept = (call, answer) => {
        if (!call.url!.endsWith(digest)) return false
        const type = call.url!.includes('/manifests/')
          ? 'application/vnd.oci.image.manifest.v1+json'
          : 'application/octet-stream'
        answer.writeHead(200, { 'Content-Type': type, 'Docker-Content-Digest': digest }).end(damaged)
        return true
      }
      await failing(code, () => store.pull(pinned))
    }
    registry.intercept = () => false
    expect((await store.pull(pinned)).id).toBe(image.id)
  })

  test('a registry that says no more: cancelled, and nothing stays', async () => {
    const reference = await registry.push(busybox.archive, 'wrong/silent:1')
    const controller = new AbortController()
    registry.intercept = (call, answer) => {
      if (!call.url!.includes('/blobs/')) return false
      answer.writeHead(200, { 'Content-Length': 1_000_000 })
      answer.write('x')
      controller.abort()
      return true
    }
    const before = await filesOf()
    await expect(store.pull(reference, { signal: controller.signal })).rejects.toMatchObject({
      name: 'AbortError',
    })
    expect(await filesOf()).toEqual(before)
    expect(await store.list()).toEqual([])
  })
})

describe('names', () => {
  const load = async (tag: string, content: string): Promise<Image> => {
    const archive = join(root, `${content}.tar`)
    await makeImage({ tag, layers: [tar([{ path: content, data: content }])] }, archive)
    const [image] = await store.load(createReadStream(archive))
    return image!
  }

  test('an image is found by name, id and the beginning of an id, and listed', async () => {
    const image = await load('names/one:1', 'one')
    const hex = image.id.replace('sha256:', '')
    for (const name of [
      'names/one:1',
      'docker.io/names/one:1',
      image.id,
      hex,
      hex.slice(0, 12),
      hex.slice(0, 3),
    ]) {
      expect(await store.get(name)).toEqual(image)
    }
    expect((await store.list()).map(({ repoTags }) => repoTags)).toEqual([['names/one:1']])
    const missing = await failing('IMAGE_NOT_FOUND', () => store.get('names/one'))
    expect(missing).toBe('no such image: names/one; pull it with `ramet pull names/one`')
  })

  test('a tag is added, and moves with whoever is given it', async () => {
    const [one, two] = [await load('names/one:1', 'one'), await load('names/two:1', 'two')]
    await store.tag('names/one:1', 'names/other')
    expect((await store.get(one.id)).repoTags).toEqual(['names/one:1', 'names/other:latest'])
    await store.tag(two.id, 'names/one:1')
    expect((await store.get('names/one:1')).id).toBe(two.id)
    expect((await store.get(one.id)).repoTags).toEqual(['names/other:latest'])
    await failing('IMAGE_NOT_FOUND', () => store.tag('names/none', 'names/x'))
    await failing('INVALID_ARGUMENT', () => store.tag(one.id, `names/x@${one.id}`))
    const again = await ImageStore.open({ folder })
    expect((await again.get('names/one:1')).id).toBe(two.id)
  })

  test('the last name takes the image, its layers and its erofs file along', async () => {
    const one = await load('names/one:1', 'one')
    await store.tag(one.id, 'names/again:1')
    await store.erofs(one)
    const two = await load('names/two:1', 'two')
    expect(await store.remove('names/one:1', unused)).toEqual({ untagged: ['names/one:1'], deleted: [] })
    const gone = { untagged: ['names/again:1'], deleted: [one.id, ...one.layers] }
    expect(await store.remove('names/again:1', unused)).toEqual(gone)
    await failing('IMAGE_NOT_FOUND', () => store.get(one.id))
    expect((await filesOf()).filter((path) => path.startsWith('erofs'))).toEqual([])
    await store.remove(two.id, unused)
    expect(await filesOf()).toEqual(['index.json', 'oci-layout'])
  })

  test('by id, several names are removed only by force', async () => {
    const one = await load('names/one:1', 'one')
    await store.tag(one.id, 'names/again:1')
    expect(await failing('CONFLICT', () => store.remove(one.id, unused))).toContain('--force')
    const { untagged } = await store.remove(one.id, { ...unused, force: true })
    expect(untagged).toEqual(['names/one:1', 'names/again:1'])
  })

  test('an image in use stays; force takes away its name at most', async () => {
    const one = await load('names/one:1', 'one')
    const inUse = (id: string) => (id === one.id ? ['web', 'db'] : [])
    const message = await failing('CONFLICT', () => store.remove('names/one:1', { force: false, inUse }))
    expect(message).toContain('web, db')
    await failing('CONFLICT', () => store.remove(one.id, { force: true, inUse }))
    await store.tag(one.id, 'names/other:1')
    expect(await store.remove('names/other:1', { force: false, inUse })).toMatchObject({ deleted: [] })
    const forced = await store.remove('names/one:1', { force: true, inUse })
    expect(forced).toEqual({ untagged: ['names/one:1'], deleted: [] })
    expect(await store.get(one.id)).toMatchObject({ repoTags: [], layers: one.layers })
    expect(await (await ImageStore.open({ folder })).list()).toHaveLength(1)
  })
})

describe('load', () => {
  test('an archive that is compressed with gzip', async () => {
    const packed = join(root, 'busybox.tar.gz')
    await pipeline(createReadStream(busybox.archive), createGzip({ level: 1 }), createWriteStream(packed))
    const [image] = await store.load(createReadStream(packed))
    expect(image!.repoTags).toEqual([busybox.tag])
  })

  test("skopeo's docker-archive with several tags, and all that `docker save` puts into it", async () => {
    const archive = join(root, 'docker.tar')
    const tags = ['first:1', 'localhost:5000/second:2']
    const more = ['--additional-tag', tags[1]!]
    await exec('skopeo', ['copy', '--quiet', ...more, `oci-archive:${busybox.archive}`, `docker-archive:${archive}:${tags[0]}`]) // prettier-ignore
    const [image] = await store.load(createReadStream(archive))
    expect(image).toMatchObject({ repoTags: tags, config: { Cmd: ['sh'] } })
    const [original] = await store.load(createReadStream(busybox.archive))
    expect(image!.layers).toEqual(original!.layers)
    await expect(store.erofs(image!)).resolves.toMatchObject({ bytes: expect.any(Number) as number })
  })

  test('chunks of any length are all the same', async () => {
    const whole = await readFile(busybox.archive)
    const chunks = function* () {
      for (let at = 0, length = 1; at < whole.length; at += length, length = (length * 7 + 3) % 70_001) {
        yield whole.subarray(at, at + length)
      }
    }
    const [image] = await store.load(Readable.from(chunks()))
    expect(image!.repoTags).toEqual([busybox.tag])
  })

  const layer = tar([{ path: 'a', data: 'a' }])
  const broken: [string, ErrorCode, () => Promise<Buffer>][] = [
    ['nothing', 'IMAGE_INVALID', async () => Buffer.alloc(0)],
    ['no archive', 'IMAGE_INVALID', async () => Buffer.alloc(2048, 'text')],
    ['no image', 'IMAGE_INVALID', async () => tar([{ path: 'file', data: 'x' }])],
    [
      'a truncated archive',
      'IMAGE_INVALID',
      async () => (await readFile(busybox.archive)).subarray(0, 500_000),
    ],
    [
      'truncated gzip',
      'IMAGE_INVALID',
      async () => gzipSync(await readFile(busybox.archive)).subarray(0, 100_000),
    ],
    ['an entry ../x', 'IMAGE_INVALID', async () => tar([{ path: '../x', data: 'x' }])],
    ['a link out', 'IMAGE_INVALID', async () => tar([{ path: 'manifest.json', type: 'symlink', link: '/etc/../../passwd' }])], // prettier-ignore
    ['a wrong DiffID', 'DIGEST_MISMATCH', () => archiveOf([{ data: gzipSync(layer), diffId: `sha256:${'0'.repeat(64)}` }])], // prettier-ignore
    ['a truncated layer', 'IMAGE_INVALID', async () => archiveOf([{ data: gzipSync(layer).subarray(0, 50), diffId: `sha256:${'0'.repeat(64)}` }])], // prettier-ignore
    ['a changed blob', 'DIGEST_MISMATCH', async () => Buffer.from((await archiveOf([tar([{ path: 'a', data: 'original' }])])).toString('latin1').replace('original', 'modified'), 'latin1')], // prettier-ignore
  ]
  test.each(broken)('%s is refused and leaves nothing', async (_, code, archive) => {
    const data = await archive()
    await failing(code, () => store.load(Readable.from([data], { objectMode: false })))
  })

  test('an archive that stops coming is cancelled', async () => {
    const controller = new AbortController()
    const whole = await readFile(busybox.archive)
    const stalled = new Readable({ read() {} })
    stalled.push(whole.subarray(0, 1_000_000))
    const before = await filesOf()
    const loading = store.load(stalled, { signal: controller.signal })
    const cancelled = expect(loading).rejects.toMatchObject({ name: 'AbortError' })
    await expect.poll(() => filesOf(), { timeout: 60_000 }).not.toEqual(before)
    controller.abort()
    await cancelled
    expect(stalled.destroyed).toBe(true)
    expect(await filesOf()).toEqual(before)
  })
})

async function archiveOf(layers: Layer[]): Promise<Buffer> {
  const file = join(root, 'broken.tar')
  await makeImage({ tag: 'broken:1', layers }, file)
  return readFile(file)
}
