import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { ImageStore, type Image } from '../../engine/images/store.ts'
import { busyboxImage } from '../support/images.ts'
import { demandLogin, TestRegistry, type Intercept } from '../support/registry.ts'

/** What a registry may send its clients to, and how it may send what it has: most of it is skopeo's to stand. */
const AUTH = { username: 'user', password: 'secret-word' }
/** More requests than this for one image is a loop. */
const MANY_REQUESTS = 100

let root: string
let folder: string
let store: ImageStore
let registry: TestRegistry
let reference: string
let image: Image
/** The image's only layer, as the registry has it. */
let layer: { digest: string; data: Buffer }
/** Another host, to the eyes of a client: 127.0.0.1 where the registry is localhost. */
let other: { url: string; seen: IncomingMessage[]; server: Server }

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'ramet-hostile-'))
  registry = await TestRegistry.start()
  reference = await registry.push((await busyboxImage()).archive, 'hostile/busybox:1')
  const first = await ImageStore.open({ folder: join(root, 'first') })
  image = await first.pull(reference)
  const manifest = await readFile(registry.blobFile(image.manifestDigest), 'utf8')
  const { layers } = JSON.parse(manifest) as { layers: { digest: string }[] }
  layer = { digest: layers[0]!.digest, data: await readFile(registry.blobFile(layers[0]!.digest)) }
})

afterAll(async () => {
  await registry[Symbol.asyncDispose]()
  await rm(root, { recursive: true, force: true })
})

beforeEach(async () => {
  folder = await mkdtemp(join(root, 'store-'))
  store = await ImageStore.open({ folder })
  const seen: IncomingMessage[] = []
  const server = createServer((call, answer) => {
    seen.push(call)
    if (call.url!.startsWith('/refused'))
      answer.writeHead(401, { 'WWW-Authenticate': 'Basic realm="other"' }).end()
    else answer.end(layer.data)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  other = { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen, server }
})

afterEach(() => {
  registry.intercept = () => false
  other.server.closeAllConnections()
  other.server.close()
})

const isLayer = (call: IncomingMessage): boolean => call.method === 'GET' && call.url!.endsWith(layer.digest)

async function files(): Promise<string[]> {
  return (await readdir(folder, { recursive: true })).sort()
}

/** Either the image comes, byte for byte, or one line says why not and nothing is kept. Answers which it was. */
async function pull(name = reference): Promise<'whole' | string> {
  const before = await files()
  const error = await store.pull(name, { auth: AUTH }).then(
    () => undefined,
    (reason: Error) => reason,
  )
  if (!error) {
    const kept = join(folder, 'blobs/sha256', layer.digest.replace('sha256:', ''))
    expect((await readFile(kept)).equals(layer.data)).toBe(true)
    return 'whole'
  }
  expect(error).toMatchObject({ code: expect.stringMatching(/^(REGISTRY_UNREACHABLE|DIGEST_MISMATCH|IMAGE_INVALID|UNAUTHORIZED)$/) as string }) // prettier-ignore
  expect(error.message).not.toContain('\n')
  expect(await files()).toEqual(before)
  return error.message
}

test('a redirect to another host is followed without the credentials', async () => {
  const login = demandLogin(AUTH.username, AUTH.password)
  registry.intercept = (call, answer) => {
    if (!isLayer(call) || !call.headers.authorization) return login(call, answer)
    answer.writeHead(307, { Location: `${other.url}/layer` }).end()
    return true
  }
  expect(await pull()).toBe('whole')
  expect(other.seen.map(({ url }) => url)).toEqual(['/layer'])
  expect(other.seen[0]!.headers.authorization).toBeUndefined()
})

test('a redirect loop is given up', async () => {
  let requests = 0
  registry.intercept = (call, answer) => {
    if (!isLayer(call)) return false
    requests++
    answer.writeHead(307, { Location: call.url }).end()
    return true
  }
  expect(await pull()).toContain(registry.host)
  expect(requests).toBeGreaterThan(1)
  expect(requests).toBeLessThan(MANY_REQUESTS)
})

test('a layer that is kept at another address is refused before anything is asked there', async () => {
  const data = JSON.parse(await readFile(registry.blobFile(image.manifestDigest), 'utf8')) as {
    mediaType?: string
    layers: object[]
  }
  data.layers = data.layers.map((each) => ({ ...each, urls: [`${other.url}/refused`] }))
  const type = data.mediaType ?? 'application/vnd.oci.image.manifest.v1+json'
  registry.intercept = (call, answer) => {
    if (!call.url!.includes('/manifests/')) return false
    answer.writeHead(200, { 'Content-Type': type }).end(JSON.stringify(data))
    return true
  }
  expect(await pull()).toContain('foreign layer')
  expect(other.seen).toEqual([])
})

/** Sends the first part of the layer and breaks the connection, the first `times` times that it is asked for. */
function cutting(share: number, times: number): Intercept {
  let left = times
  return (call, answer) => {
    if (!isLayer(call) || left-- <= 0) return false
    answer.writeHead(200, { 'Content-Length': layer.data.length })
    answer.write(layer.data.subarray(0, Math.floor(layer.data.length * share)), () => answer.destroy())
    return true
  }
}

test.each([1, 2, 3, 4, 5, 6, 7, 8, 9])('a layer that is cut off once after %i tenths', async (tenths) => {
  registry.intercept = cutting(tenths / 10, 1)
  await pull()
  registry.intercept = () => false
  expect(await pull()).toBe('whole')
})

test('a layer that is cut off every time is given up', async () => {
  let requests = 0
  const cut = cutting(0.5, Infinity)
  registry.intercept = (call, answer) => isLayer(call) && ++requests > 0 && cut(call, answer)
  expect(await pull()).toContain(registry.host)
  expect(requests).toBeLessThan(MANY_REQUESTS)
})

test.each([
  ['the beginning instead of the rest', 0],
  ['another range than was asked for', 17],
])('a part that is answered with %s is never taken for the layer', async (_, from) => {
  const cut = cutting(0.5, 1)
  registry.intercept = (call, answer) => {
    if (!isLayer(call)) return false
    if (cut(call, answer)) return true
    const total = layer.data.length
    const start = Number(/^bytes=(\d+)-/.exec(call.headers.range ?? '')?.[1] ?? 0)
    const part = layer.data.subarray(from, from + total - start)
    answer.writeHead(206, {
      'Content-Length': part.length,
      'Content-Range': `bytes ${start}-${start + part.length - 1}/${total}`,
    })
    answer.end(part)
    return true
  }
  expect(await pull()).not.toBe('whole')
})

test('one that drips is given up with whoever asked for it', async () => {
  const controller = new AbortController()
  let drops = 0
  registry.intercept = (call, answer) => {
    if (!isLayer(call)) return false
    answer.writeHead(200, { 'Content-Length': layer.data.length })
    const timer = setInterval(() => {
      answer.write('x')
      if (++drops === 3) controller.abort()
    }, 100)
    answer.once('close', () => clearInterval(timer))
    return true
  }
  const before = await files()
  await expect(store.pull(reference, { signal: controller.signal })).rejects.toMatchObject({
    name: 'AbortError',
  })
  expect(await files()).toEqual(before)
})

test('where a login is to be had is asked by the registry’s word, with nothing but what was given for it', async () => {
  // The realm is on another port of this machine; without credentials none may turn up there.
  registry.intercept = (call, answer) => {
    answer.writeHead(401, { 'WWW-Authenticate': `Bearer realm="${other.url}/refused",service="x"` }).end()
    return true
  }
  const home = await mkdtemp(join(root, 'home-'))
  await writeFile(join(home, 'config.json'), JSON.stringify({ auths: { 'elsewhere.example': { auth: Buffer.from('a:b').toString('base64') } } })) // prettier-ignore
  process.env['DOCKER_CONFIG'] = home
  try {
    await expect(store.pull(reference)).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
  } finally {
    delete process.env['DOCKER_CONFIG']
  }
  expect(other.seen.length).toBeGreaterThan(0)
  expect(other.seen.length).toBeLessThan(MANY_REQUESTS)
  expect(other.seen.every(({ headers }) => headers.authorization === undefined)).toBe(true)
})

test('a login that docker keeps in its config.json is used, for its registry alone', async () => {
  registry.intercept = demandLogin(AUTH.username, AUTH.password)
  const home = await mkdtemp(join(root, 'home-'))
  const auth = Buffer.from(`${AUTH.username}:${AUTH.password}`).toString('base64')
  process.env['DOCKER_CONFIG'] = home
  try {
    await writeFile(join(home, 'config.json'), JSON.stringify({ auths: { 'elsewhere.example': { auth } } }))
    await expect(store.pull(reference)).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
    await writeFile(join(home, 'config.json'), JSON.stringify({ auths: { [registry.host]: { auth } } }))
    expect((await store.pull(reference)).id).toBe(image.id)
  } finally {
    delete process.env['DOCKER_CONFIG']
  }
})
