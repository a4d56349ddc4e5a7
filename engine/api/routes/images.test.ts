import { createHash, randomBytes } from 'node:crypto'
import { request } from 'node:http'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { EngineError } from '../../../contract/errors.ts'
import type { ImageBackend } from '../backend.ts'
import { parseRegistryAuth } from '../registry-auth.ts'
import { TestServer } from '../testing/test-server.ts'

type Pull = Parameters<ImageBackend['pull']>

const lines = (body: string): unknown[] =>
  body
    .split('\r\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as unknown)

test('a pull tells its progress, one line each', async () => {
  const pulls: Pull[] = []
  await using api = await TestServer.start({
    images: {
      pull: async (...args) => {
        pulls.push(args)
        args[1].onProgress({ status: 'Pulling', id: 'abc' })
        args[1].onProgress({ status: 'Downloading', id: 'abc', progressDetail: { current: 1, total: 2 } })
      },
    },
  })
  const auth = Buffer.from('{"username":"u","password":"p~?ÿ"}').toString('base64url')
  const answer = await api.call('POST', '/v1.51/images/create?fromImage=a/b&tag=1&platform=linux/amd64', {
    headers: { 'X-Registry-Auth': auth },
  })
  expect(answer).toMatchObject({ status: 200, headers: { 'content-type': 'application/json' } })
  expect(lines(answer.body)).toEqual([
    { status: 'Pulling', id: 'abc' },
    { status: 'Downloading', id: 'abc', progressDetail: { current: 1, total: 2 } },
  ])
  await api.call('POST', '/images/create?fromImage=a&tag=sha256:1')
  expect(pulls.map(([reference, { auth, platform }]) => ({ reference, auth, platform }))).toEqual([
    { reference: 'a/b:1', auth: { username: 'u', password: 'p~?ÿ' }, platform: 'linux/amd64' },
    { reference: 'a@sha256:1', auth: undefined, platform: undefined },
  ])
})

test('a pull that fails before its first line is an error, after it the last line', async () => {
  await using api = await TestServer.start({
    images: {
      pull: async (reference, { onProgress }) => {
        if (reference === 'late') onProgress({ status: 'Pulling' })
        throw new EngineError('IMAGE_NOT_FOUND', 'there is no such image')
      },
    },
  })
  expect(await api.call('POST', '/images/create?fromImage=early')).toMatchObject({
    status: 404,
    body: '{"message":"there is no such image","code":"IMAGE_NOT_FOUND"}',
  })
  const { status, body } = await api.call('POST', '/images/create?fromImage=late')
  expect([status, lines(body)]).toEqual([
    200,
    [
      { status: 'Pulling' },
      { errorDetail: { message: 'there is no such image' }, error: 'there is no such image' },
    ],
  ])
})

test.each(['before', 'after'])('a client that goes away %s the first line cancels the pull', async (when) => {
  const begun = Promise.withResolvers<undefined>()
  const cancelled = Promise.withResolvers<undefined>()
  await using api = await TestServer.start({
    images: {
      pull: async (_reference, { signal, onProgress }) => {
        if (when === 'after') onProgress({ status: 'Pulling' })
        begun.resolve(undefined)
        await new Promise((resolve) => signal.addEventListener('abort', resolve))
        cancelled.resolve(undefined)
        signal.throwIfAborted()
      },
    },
  })
  const client = await api.raw()
  client.send('POST /images/create?fromImage=a HTTP/1.1\r\nHost: docker\r\n\r\n')
  await begun.promise
  client.socket.destroy()
  await cancelled.promise
  expect((await api.call('GET', '/_ping')).status).toBe(200)
  expect(api.logged).toEqual([])
})

test('an archive is streamed, whatever its size and whatever is in it', async () => {
  const hashes: string[] = []
  await using api = await TestServer.start({
    images: {
      load: async (archive, { onProgress }) => {
        hashes.push(
          createHash('sha256')
            .update(await buffer(archive))
            .digest('hex'),
        )
        onProgress({ stream: 'Loaded image: a\n' })
      },
    },
  })
  const attach = Buffer.from('\r\n\r\nPOST /containers/c/attach HTTP/1.1\r\nHost: docker\r\n\r\n')
  const archive = Buffer.concat([randomBytes(5 * 1024 * 1024), attach, randomBytes(1024 * 1024), attach])
  for (const headers of [{ 'Content-Length': archive.length }, { 'Content-Type': 'application/x-tar' }]) {
    const status = await new Promise((resolve, reject) => {
      const { socketPath } = api
      const sent = request({ socketPath, method: 'POST', path: '/images/load', headers }, (answer) => {
        answer.resume().once('end', () => resolve(answer.statusCode))
      })
      sent.once('error', reject)
      for (let at = 0; at < archive.length; at += 65_000) sent.write(archive.subarray(at, at + 65_000))
      sent.end()
    })
    expect(status).toBe(200)
  }
  const expected = createHash('sha256').update(archive).digest('hex')
  expect(hashes).toEqual([expected, expected])
})

test.each(['length', 'chunks'])('an archive that is read slowly arrives (%s)', async (how) => {
  let read = 0
  await using api = await TestServer.start({
    images: {
      load: async (archive) => {
        for await (const part of archive) {
          read += (part as Buffer).length
          await new Promise((resolve) => setTimeout(resolve, 1))
        }
      },
    },
  })
  const archive = Buffer.alloc(8 * 1024 * 1024)
  const head = how === 'length' ? `Content-Length: ${archive.length}` : 'Transfer-Encoding: chunked'
  const client = await api.raw()
  client.send(`POST /images/load HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n${head}\r\n\r\n`)
  if (how === 'chunks') client.send(`${archive.length.toString(16)}\r\n`)
  client.send(archive)
  if (how === 'chunks') client.send('\r\n0\r\n\r\n')
  expect(await client.rest()).toMatch(/^HTTP\/1.1 200 OK/)
  expect(read).toBe(archive.length)
})

test('a load that fails early is answered, though the archive is not read', async () => {
  await using api = await TestServer.start({
    images: { load: async () => Promise.reject(new EngineError('IMAGE_INVALID', 'this is no image')) },
  })
  const body = 'x'.repeat(3 * 1024 * 1024)
  expect(await api.call('POST', '/images/load', { body })).toMatchObject({
    status: 500,
    body: '{"message":"this is no image","code":"IMAGE_INVALID"}',
  })
})

test('a client that goes away amid its archive cancels the load', async () => {
  const begun = Promise.withResolvers<undefined>()
  const failed = Promise.withResolvers<unknown>()
  await using api = await TestServer.start({
    images: {
      load: async (archive) => {
        archive.once('data', () => begun.resolve(undefined))
        await buffer(archive).catch(failed.resolve)
      },
    },
  })
  const client = await api.raw()
  client.send('POST /images/load HTTP/1.1\r\nHost: docker\r\nContent-Length: 1000\r\n\r\nhalf')
  await begun.promise
  client.socket.destroy()
  expect(await failed.promise).toMatchObject({ code: 'CANCELLED' })
})

test('a prune has filters, and of until a time', async () => {
  const asked: unknown[] = []
  const answer = { ImagesDeleted: [{ Deleted: 'sha256:1' }], SpaceReclaimed: 7 }
  await using api = await TestServer.start({
    images: {
      prune: async (options) => {
        asked.push({ ...options, filters: { ...options.filters } })
        return answer
      },
    },
  })
  const filters = encodeURIComponent('{"dangling":["false"],"until":["1700000000"]}')
  expect(JSON.parse((await api.call('POST', `/v1.51/images/prune?filters=${filters}`)).body)).toEqual(answer)
  await api.call('POST', '/images/prune')
  const wrong = encodeURIComponent('{"until":["some day"]}')
  expect((await api.call('POST', `/images/prune?filters=${wrong}`)).status).toBe(400)
  expect(asked).toEqual([
    { filters: { dangling: ['false'] }, before: 1_700_000_000_000 },
    { filters: {}, before: undefined },
  ])
})

test('a push has its tag and credentials, and tells its progress', async () => {
  const asked: unknown[] = []
  await using api = await TestServer.start({
    images: {
      push: async (name, { tag, auth, onProgress }) => {
        asked.push([name, tag, auth])
        onProgress({ status: 'Pushed', id: 'abc' })
        if (!auth) throw new EngineError('UNAUTHORIZED', 'log in')
      },
    },
  })
  const auth = { 'X-Registry-Auth': Buffer.from('{"username":"u","password":"p"}').toString('base64url') }
  const answer = await api.call('POST', '/v1.51/images/localhost:5000/a/b/push?tag=1', { headers: auth })
  expect([answer.status, lines(answer.body)]).toEqual([200, [{ status: 'Pushed', id: 'abc' }]])
  expect(lines((await api.call('POST', '/images/a/push')).body).at(-1)).toMatchObject({ error: 'log in' })
  expect(asked).toEqual([
    ['localhost:5000/a/b', '1', { username: 'u', password: 'p' }],
    ['a', undefined, undefined],
  ])
})

test('images are saved as one archive, by name or by several', async () => {
  const asked: string[][] = []
  await using api = await TestServer.start({
    images: {
      save: async (names) => {
        asked.push(names)
        if (names.includes('none')) throw new EngineError('IMAGE_NOT_FOUND', 'no such image: none')
        return Readable.from([Buffer.from('ar'), Buffer.from('chive')], { objectMode: false })
      },
    },
  })
  const answer = await api.call('GET', '/v1.51/images/localhost:5000/a/b:1/get')
  expect(answer).toMatchObject({
    status: 200,
    headers: { 'content-type': 'application/x-tar' },
    body: 'archive',
  })
  expect((await api.call('GET', '/images/get?names=a/b&names=c')).body).toBe('archive')
  expect((await api.call('GET', '/images/get?names=none')).status).toBe(404)
  expect((await api.call('GET', '/images/get')).status).toBe(400)
  expect(asked).toEqual([['localhost:5000/a/b:1'], ['a/b', 'c'], ['none']])
})

test('an archive that breaks off is not taken for a whole one, and its error is logged', async () => {
  await using api = await TestServer.start({
    images: {
      save: async () =>
        Readable.from(
          (async function* () {
            yield Buffer.from('half')
            throw new EngineError('IMAGE_INVALID', 'the other half is gone')
          })(),
          { objectMode: false },
        ),
    },
  })
  await expect(api.call('GET', '/images/a/get')).rejects.toThrow()
  expect(api.logged.join()).toContain('the other half is gone')
})

test('a client that goes away while an archive is sent ends its making', async () => {
  const ended = Promise.withResolvers<undefined>()
  await using api = await TestServer.start({
    images: {
      save: async () => {
        const endless = new Readable({ read: () => void endless.push(Buffer.alloc(65536)) })
        return endless.once('close', () => ended.resolve(undefined))
      },
    },
  })
  const client = await api.raw()
  client.send('GET /images/a/get HTTP/1.1\r\nHost: docker\r\n\r\n')
  await client.bytes(1_000_000)
  client.socket.destroy()
  expect(await ended.promise).toBeUndefined()
})

test('images are asked for by names with slashes', async () => {
  const calls: unknown[][] = []
  const note =
    (name: string) =>
    async (...args: unknown[]) =>
      void calls.push([name, ...args])
  await using api = await TestServer.start({
    images: {
      list: note('list') as never,
      inspect: note('inspect') as never,
      history: note('history') as never,
      tag: note('tag'),
      remove: note('remove') as never,
    },
  })
  const status = async (method: string, path: string) => (await api.call(method, path)).status
  await status('GET', '/images/json?all=1')
  await status('GET', '/v1.51/images/localhost:5000/a/b:1/json')
  await status('GET', '/images/json/json')
  expect(await status('POST', '/images/a/b/tag?repo=localhost:5000/c&tag=2')).toBe(201)
  expect(await status('POST', '/images/a/tag')).toBe(400)
  await status('DELETE', '/images/a%2Fb:1?force=1')
  await status('GET', '/images/a/b/history')
  expect(await status('GET', '/images/history')).toBe(404)
  expect(await status('GET', '/images/a/b/else')).toBe(404)
  expect(calls).toEqual([
    ['list', { all: true, filters: {}, until: undefined, sharedSize: false, manifests: false }],
    ['inspect', 'localhost:5000/a/b:1', { manifests: false }],
    ['inspect', 'json', { manifests: false }],
    ['tag', 'a/b', 'localhost:5000/c:2'],
    ['remove', 'a/b:1', { force: true }],
    ['history', 'a/b'],
  ])
})

test('credentials are read from either alphabet, and are in no error', () => {
  const encode = (value: unknown, to: BufferEncoding = 'base64url') =>
    Buffer.from(JSON.stringify(value)).toString(to)
  const auth = { username: 'u>>', password: 'p??' }
  expect(parseRegistryAuth(encode(auth))).toEqual(auth)
  expect(parseRegistryAuth(encode(auth, 'base64'))).toEqual(auth)
  expect(parseRegistryAuth(encode({ identitytoken: 't', email: 'e' }))).toEqual({ identitytoken: 't' })
  for (const none of [
    undefined,
    '',
    encode(null),
    encode({}),
    encode({ username: '', serveraddress: 's' }),
  ]) {
    expect(parseRegistryAuth(none)).toBeUndefined()
  }
  const wrong = Buffer.from('secret').toString('base64url')
  for (const header of [wrong, encode('secret'), encode(['secret']), encode({ username: 1 })]) {
    expect(() => parseRegistryAuth(header)).toThrow(/^invalid X-Registry-Auth header: it must/)
  }
})
