import { Readable } from 'node:stream'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { FakeEngine } from '../testing/fake-engine.ts'
import { EngineClient } from './client.ts'

let engine: FakeEngine
let client: EngineClient

beforeEach(async () => {
  engine = await FakeEngine.start()
  client = new EngineClient(engine.socketPath)
})
afterEach(() => engine[Symbol.asyncDispose]())

test('queries and bodies reach the engine as the API has them', async () => {
  engine.json('POST /containers/create', 201, { Id: 'abc' })
  const query = { name: 'a b', all: true, rm: false, none: undefined, t: 0 }
  expect(await client.call('POST', '/containers/create', { query, body: { Image: 'ü' } })).toEqual({
    Id: 'abc',
  })
  const [call] = engine.calls
  expect(Object.fromEntries(call!.query)).toEqual({ name: 'a b', all: '1', t: '0' })
  expect(JSON.parse(call!.body)).toEqual({ Image: 'ü' })
})

test('an answer without a body is undefined', async () => {
  engine.json('POST /containers/x/start', 304)
  expect(await client.call('POST', '/containers/x/start')).toBeUndefined()
})

test("the engine's errors keep code and message", async () => {
  engine.json('GET /containers/x/json', 404, { message: 'no such container: x', code: 'CONTAINER_NOT_FOUND' })
  await expect(client.get('/containers/x/json')).rejects.toMatchObject({
    code: 'CONTAINER_NOT_FOUND',
    message: 'no such container: x',
  })
})

test('an answer that is no JSON is told as it is', async () => {
  engine.answers['GET /info'] = (_call, response) => response.writeHead(502).end('bad gateway')
  await expect(client.get('/info')).rejects.toThrow('the engine answered 502: bad gateway')
})

test('without an engine the socket is named, and what to do', async () => {
  const nobody = new EngineClient(`${engine.home}/none.sock`)
  await expect(nobody.get('/info')).rejects.toThrow(/no engine answers on .*none\.sock; start it/)
})

test('a connection that breaks within the answer is told', async () => {
  engine.answers['GET /info'] = (_call, response) => {
    response.writeHead(200, { 'Content-Length': 100 })
    response.write('{', () => response.destroy())
  }
  await expect(client.get('/info')).rejects.toThrow(/the engine went away/)
})

test('a stream goes out whole', async () => {
  engine.answers['POST /images/load'] = ({ body }, response) =>
    response.end(JSON.stringify({ length: body.length }))
  const body = Readable.from([Buffer.alloc(100_000, 'a'), Buffer.alloc(5, 'b')])
  expect(await client.call('POST', '/images/load', { body })).toEqual({ length: 100_005 })
})

test('a stream that fails fails the call', async () => {
  engine.json('POST /images/load', 200)
  const body = new Readable({ read: () => body.destroy(new Error('disk error')) })
  await expect(client.call('POST', '/images/load', { body })).rejects.toThrow('disk error')
})

test('a hijacked connection is two-way, and its input can end alone', async () => {
  engine.takeovers['POST /exec/x/start'] = ({ body }, socket) => {
    socket.write(body)
    socket.on('data', (data) => socket.write(data))
    socket.on('end', () => socket.end('.'))
  }
  const socket = await client.hijack('/exec/x/start', { body: { Tty: true } })
  socket.end('typed')
  let received = ''
  for await (const data of socket) received += String(data)
  expect(received).toBe('{"Tty":true}typed.')
})

test('a hijack that is refused rejects with the error', async () => {
  await expect(client.hijack('/containers/x/attach')).rejects.toMatchObject({
    code: 'NOT_FOUND',
    message: 'no such thing',
  })
})
