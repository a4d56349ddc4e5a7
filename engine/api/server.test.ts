import { rename, stat, writeFile } from 'node:fs/promises'
import { createServer as createSocketServer } from 'node:net'
import { expect, test } from 'vitest'
import { EngineError } from '../../contract/errors.ts'
import { createServer } from './server.ts'
import { fakeBackend } from './testing/fake-backend.ts'
import { TestServer } from './testing/test-server.ts'

const another = () => createServer(fakeBackend(), { engineVersion: '1.2.3', log: () => {} })

test('the socket is its user’s alone, and goes with the server', async () => {
  await using api = await TestServer.start()
  const found = await stat(api.socketPath)
  expect(found.isSocket()).toBe(true)
  expect(found.mode & 0o777).toBe(0o600)
  await api.server.close()
  await expect(stat(api.socketPath)).rejects.toThrow('ENOENT')
})

test('a second engine on the same socket is refused, and the first goes on', async () => {
  await using api = await TestServer.start()
  await expect(another().listen(api.socketPath)).rejects.toMatchObject({
    code: 'CONFLICT',
    message: expect.stringContaining('an engine is already running'),
  })
  expect((await api.call('GET', '/_ping')).body).toBe('OK')
})

test('a socket that nobody listens on is replaced; a file is not', async () => {
  await using api = await TestServer.start()
  const stale = `${api.folder}/stale.sock`
  // Killed engines leave their socket: a listener that unlinks nothing leaves one too.
  const dead = createSocketServer()
  await new Promise<void>((resolve) => dead.listen(`${stale}.other`, resolve))
  await rename(`${stale}.other`, stale)
  await new Promise((resolve) => dead.close(resolve))
  expect((await stat(stale)).isSocket()).toBe(true)

  const engine = another()
  await engine.listen(stale)
  await engine.close()

  const file = `${api.folder}/file.sock`
  await writeFile(file, 'precious')
  await expect(another().listen(file)).rejects.toThrow('is not a socket')
})

test('a path that is too long for a socket is named', async () => {
  await expect(another().listen(`/tmp/${'x'.repeat(110)}`)).rejects.toThrow('too long')
})

test('every path is there with and without a version, which must be one that is served', async () => {
  await using api = await TestServer.start()
  for (const path of ['/_ping', '/v1.24/_ping', '/v1.51/_ping']) {
    expect(await api.call('GET', path)).toMatchObject({ status: 200, body: 'OK' })
  }
  const head = await api.call('HEAD', '/_ping')
  expect(head).toMatchObject({ status: 200, body: '' })
  expect(head.headers).toMatchObject({ 'api-version': '1.51', ostype: 'linux', 'builder-version': '1' })
  const refused = async (path: string) => {
    const { status, body } = await api.call('GET', path)
    return { status, ...(JSON.parse(body) as object) }
  }
  expect(await refused('/v1.23/_ping')).toEqual({
    status: 400,
    code: 'INVALID_ARGUMENT',
    message:
      'client version 1.23 is too old. Minimum supported API version is 1.24, please upgrade your client to a newer version',
  })
  expect(await refused('/v1.52/_ping')).toEqual({
    status: 400,
    code: 'INVALID_ARGUMENT',
    message: 'client version 1.52 is too new. Maximum supported API version is 1.51',
  })
  // Docker's client compares the type as a whole.
  expect((await api.call('GET', '/v1.51/nothing')).headers['content-type']).toBe('application/json')
  expect(await refused('/v1.51/nothing')).toMatchObject({ status: 404, code: 'NOT_FOUND' })
})

test('errors become their status and a body with message and code', async () => {
  const errors: Record<string, Error> = {
    a: new EngineError('CONTAINER_NOT_FOUND', 'no such container: a'),
    b: new EngineError('NOT_RUNNING', 'it does not run'),
    c: new EngineError('NOT_SUPPORTED', 'not here'),
    d: new TypeError('x is not a function'),
    e: new EngineError('NOT_MODIFIED', 'runs already'),
  }
  await using api = await TestServer.start({
    containers: { start: async (id) => Promise.reject(errors[id]) },
  })
  const start = async (id: string) => {
    const { status, body } = await api.call('POST', `/v1.51/containers/${id}/start`)
    return [status, body === '' ? '' : JSON.parse(body)] as const
  }
  expect(await start('a')).toEqual([404, { message: 'no such container: a', code: 'CONTAINER_NOT_FOUND' }])
  expect(await start('b')).toEqual([409, { message: 'it does not run', code: 'NOT_RUNNING' }])
  expect(await start('c')).toEqual([501, { message: 'not here', code: 'NOT_SUPPORTED' }])
  expect(await start('e')).toEqual([304, ''])
  expect(api.logged).toEqual([])
  expect(await start('d')).toEqual([500, { message: 'x is not a function', code: 'INTERNAL' }])
  expect(api.logged).toEqual([expect.stringContaining('POST /containers/d/start: TypeError')])
})

test('requests that a browser sends are refused', async () => {
  await using api = await TestServer.start()
  for (const [name, value] of [
    ['Origin', 'http://localhost'],
    ['Sec-Fetch-Mode', 'no-cors'],
  ] as const) {
    const headers = { [name]: value }
    expect(await api.call('GET', '/_ping', { headers })).toMatchObject({ status: 403 })
  }
})

test('a body has a limit', async () => {
  await using api = await TestServer.start()
  const body = JSON.stringify({ Image: 'x'.repeat(4 * 1024 * 1024) })
  const answer = await api.call('POST', '/containers/create', { body })
  expect([answer.status, JSON.parse(answer.body)]).toMatchObject([413, { code: 'INVALID_ARGUMENT' }])
})

test('a request with both Content-Length and Transfer-Encoding is refused', async () => {
  await using api = await TestServer.start({ containers: { start: async () => {} } })
  for (const first of [
    'Content-Length: 2\r\nTransfer-Encoding: chunked',
    'Transfer-Encoding: chunked\r\nContent-Length: 2',
  ]) {
    const client = await api.raw()
    client.send(`POST /containers/c/start HTTP/1.1\r\nHost: docker\r\n${first}\r\n\r\n0\r\n\r\n`)
    expect(await client.rest()).toMatch(/^HTTP\/1.1 400 Bad Request\r\n/)
  }
})

test('requests on one connection are answered in turn', async () => {
  await using api = await TestServer.start()
  const client = await api.raw()
  const ping = 'GET /_ping HTTP/1.1\r\nHost: docker\r\n\r\n'
  client.send(ping + ping)
  await client.until('\r\n\r\nOK')
  await client.until('\r\n\r\nOK')
  client.send(ping)
  await client.until('\r\n\r\nOK')
})

test('closing lets a short request finish', async () => {
  const begun = Promise.withResolvers<undefined>()
  const finish = Promise.withResolvers<undefined>()
  await using api = await TestServer.start({
    containers: {
      start: async () => {
        begun.resolve(undefined)
        await finish.promise
      },
    },
  })
  const answer = api.call('POST', '/containers/c/start')
  await begun.promise
  const closed = api.server.close()
  finish.resolve(undefined)
  expect((await answer).status).toBe(204)
  await closed
})
