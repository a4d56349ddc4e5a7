import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ImageDeleteItem, ImageInspect, ImageSummary } from '../../contract/docker-images.ts'
import { command, TestEngine } from '../support/engine.ts'
import { busyboxImage, compressed, makeImage, type TestImage } from '../support/images.ts'
import { demandLogin, TestRegistry } from '../support/registry.ts'
import { tar } from '../../engine/images/tar/testing.ts'

/** The way of images out of an engine: to archives and registries. Nothing here boots a VM. */
let folder: string
let engine: TestEngine
let busybox: TestImage
/** Of two layers, the upper one compressed. */
let layered: TestImage

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ramet-images-out-'))
  engine = await TestEngine.start()
  busybox = await busyboxImage()
  layered = { tag: 'layered:1', archive: join(folder, 'layered.tar') }
  await makeImage(
    {
      layers: [
        tar([{ path: 'lower', data: 'l'.repeat(9000) }]),
        await compressed(tar([{ path: 'upper', data: 'u'.repeat(9000) }])),
      ],
      config: { Cmd: ['/lower'], Labels: { role: 'test' } },
      tag: 'docker.io/library/layered:1',
    },
    layered.archive,
  )
  for (const { archive } of [busybox, layered]) {
    expect(await engine.ramet(['load', '-q', '-i', archive])).toMatchObject({ code: 0 })
  }
})

afterAll(async () => {
  await engine[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

async function inspect(name: string, at = engine): Promise<ImageInspect> {
  const { status, body } = await at.get(`/images/${name}/json`)
  expect(status, body).toBe(200)
  return JSON.parse(body) as ImageInspect
}

async function skopeo(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await command('skopeo', args)
  expect(code, stderr).toBe(0)
  return stdout
}

test('what is saved loads in another engine, with the same ids and names', async () => {
  const archive = join(folder, 'two.tar')
  expect(await engine.ramet(['save', '-o', archive, 'layered:1', busybox.tag])).toMatchObject({ code: 0 })
  await using other = await TestEngine.start()
  const { code, stdout } = await other.ramet(['load', '-i', archive])
  expect([code, stdout]).toEqual([0, expect.stringContaining('Loaded image: layered:1')])
  for (const name of ['layered:1', busybox.tag]) {
    const [here, there] = [await inspect(name), await inspect(name, other)]
    expect([there.Id, there.RootFS, there.RepoTags]).toEqual([here.Id, here.RootFS, here.RepoTags])
  }
})

test('skopeo reads an archive both as docker and as OCI archive', async () => {
  const archive = join(folder, 'one.tar')
  expect(await engine.ramet(['save', '-o', archive, 'layered:1'])).toMatchObject({ code: 0 })
  const { Id } = await inspect('layered:1')
  for (const source of [`docker-archive:${archive}:layered:1`, `oci-archive:${archive}:1`]) {
    const config = await skopeo('inspect', '--config', source)
    expect(JSON.parse(config)).toMatchObject({ config: { Cmd: ['/lower'] } })
    // Reads every layer to its end, and checks the digests on the way.
    const copy = join(folder, `copy-${source.split(':')[0]}`)
    await skopeo('copy', '--quiet', '--dest-decompress', source, `dir:${copy}`)
    const { config: copied } = JSON.parse(await readFile(join(copy, 'manifest.json'), 'utf8')) as {
      config: { digest: string }
    }
    expect(copied.digest).toBe(Id)
  }
})

test('what is pushed is pulled again with the same id and digest', async () => {
  await using registry = await TestRegistry.start()
  const name = `${registry.host}/some/where:1`
  expect(await engine.ramet(['tag', 'layered:1', name])).toMatchObject({ code: 0 })
  const pushed = await engine.ramet(['push', name])
  expect([pushed.code, pushed.stderr]).toEqual([0, ''])
  const digest = /^1: digest: (sha256:[0-9a-f]{64}) size: \d+$/m.exec(pushed.stdout)?.[1]
  const { Id } = await inspect('layered:1')
  expect(await engine.ramet(['rmi', name])).toMatchObject({ code: 0 })
  await using other = await TestEngine.start()
  expect(await other.ramet(['pull', '-q', name])).toMatchObject({ code: 0 })
  const pulled = await inspect(name, other)
  expect([pulled.Id, pulled.RepoDigests]).toEqual([Id, [`${registry.host}/some/where@${digest}`]])
})

test('a push that the registry does not take fails with advice', async () => {
  await using registry = await TestRegistry.start()
  const name = `${registry.host}/mine:1`
  expect((await engine.ramet(['push', name])).stderr).toContain(`ramet tag IMAGE ${name}`)
  expect(await engine.ramet(['tag', 'layered:1', name])).toMatchObject({ code: 0 })
  registry.intercept = demandLogin('me', 'secret')
  const refused = await engine.ramet(['push', name])
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining(`log in with \`docker login`)])
  await registry.stop()
  const gone = await engine.ramet(['push', name])
  expect([gone.code, gone.stderr]).toEqual([1, expect.stringContaining('cannot reach the registry')])
  expect(await engine.ramet(['rmi', name])).toMatchObject({ code: 0 })
})

test('the registry checks a login, and nothing of it is kept', async () => {
  await using registry = await TestRegistry.start()
  const secret = randomBytes(12).toString('hex')
  registry.intercept = demandLogin('me', secret)
  const login = (password: string) =>
    engine.call('POST', '/auth', { username: 'me', password, serveraddress: `http://${registry.host}/v1/` })
  expect(await login(secret)).toMatchObject({ status: 200 })
  const refused = await login('guessed')
  expect([refused.status, refused.body]).toEqual([401, expect.stringContaining('refuses this login')])
  const encoded = Buffer.from(`me:${secret}`).toString('base64')
  const { stdout } = await command('grep', ['-rlE', `${secret}|${encoded}`, engine.home])
  expect(stdout).toBe('')
})

interface Usage {
  LayersSize: number
  Images: ImageSummary[]
}

async function usage(): Promise<Usage> {
  return JSON.parse((await engine.get('/system/df')).body) as Usage
}

test('history has every layer, and names the image once', async () => {
  const image = await inspect('layered:1')
  const steps = JSON.parse((await engine.get('/images/layered:1/history')).body) as {
    Id: string
    Size: number
  }[]
  expect(steps.map(({ Id }) => Id)).toEqual([image.Id, '<missing>'])
  expect(steps.every(({ Size }) => Size > 0)).toBe(true)
  expect(await engine.ramet(['history', '-q', 'layered:1'])).toMatchObject({ code: 0 })
})

test('prune takes what nobody names, and tells what it freed', async () => {
  const { Id } = await inspect('layered:1')
  const prune = async (filters: object) => {
    const query = encodeURIComponent(JSON.stringify(filters))
    const { status, body } = await engine.call('POST', `/images/prune?filters=${query}`)
    expect(status, body).toBe(200)
    return JSON.parse(body) as { ImagesDeleted: ImageDeleteItem[]; SpaceReclaimed: number }
  }
  const before = await usage()
  expect(before.LayersSize).toBe(
    before.Images.reduce((sum, { Size, SharedSize }) => sum + Size - SharedSize, 0),
  )
  expect(await prune({})).toEqual({ ImagesDeleted: [], SpaceReclaimed: 0 })
  expect(await prune({ dangling: ['false'], label: ['role=other'] })).toMatchObject({ ImagesDeleted: [] })

  // Another image takes the name away.
  expect(await engine.ramet(['tag', busybox.tag, 'layered:1'])).toMatchObject({ code: 0 })
  const { ImagesDeleted, SpaceReclaimed } = await prune({})
  expect(ImagesDeleted).toContainEqual({ Deleted: Id })
  const after = await usage()
  expect(SpaceReclaimed).toBe(before.LayersSize - after.LayersSize)
  expect(SpaceReclaimed).toBe(before.Images.find((row) => row.Id === Id)?.Size)
  expect(await inspect('layered:1')).toMatchObject({ Id: (await inspect(busybox.tag)).Id })
})
