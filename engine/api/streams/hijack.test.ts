import { once } from 'node:events'
import { buffer, text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { EngineError } from '../../../contract/errors.ts'
import type { AttachOptions } from '../backend.ts'
import { FakeProcess, frame } from '../testing/fake-process.ts'
import { TestServer } from '../testing/test-server.ts'

const UPGRADE = 'Connection: Upgrade\r\nUpgrade: tcp\r\n'
const HEAD_101 = (type: string) =>
  `HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nContent-Type: application/vnd.docker.${type}-stream\r\n\r\n`
const HEAD_200 = (type: string) =>
  `HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.${type}-stream\r\n\r\n`

const attach = (path = '/containers/c/attach', headers = '', body = '') => {
  const length = body
    ? `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n`
    : ''
  return `POST ${path}?stream=1&stdin=1&stdout=1&stderr=1 HTTP/1.1\r\nHost: docker\r\n${headers}${length}\r\n${body}`
}

async function serving(process: FakeProcess) {
  const calls: AttachOptions[] = []
  const api = await TestServer.start({
    containers: {
      attach: async (_id, options) => {
        calls.push(options)
        options.signal.addEventListener('abort', () => process.output.destroy())
        return process
      },
    },
  })
  return Object.assign(api, { calls })
}

test.each([
  [false, 'multiplexed'],
  [true, 'raw'],
])('with Upgrade the answer is 101 and both ways are open (tty %s)', async (tty, type) => {
  const process = new FakeProcess({ tty })
  await using api = await serving(process)
  const client = await api.raw()
  client.send(attach('/v1.51/containers/c/attach', UPGRADE))
  expect(await client.until('\r\n\r\n')).toBe(HEAD_101(type))
  expect(api.calls[0]).toMatchObject({ stream: true, logs: false, stdin: true, stdout: true, stderr: true })

  process.print('out')
  process.print('err', 'stderr')
  const expected = tty ? 'outerr' : frame('stdout', 'out') + frame('stderr', 'err')
  expect((await client.bytes(expected.length)).toString()).toBe(expected)

  client.send('typed')
  expect(String(await once(process.stdin, 'data'))).toBe('typed')
  process.end()
  expect(await client.rest()).toBe('')
})

test('without Upgrade the answer is 200 and the bare connection', async () => {
  const process = new FakeProcess()
  await using api = await serving(process)
  const client = await api.raw()
  client.send(attach())
  expect(await client.until('\r\n\r\n')).toBe(HEAD_200('multiplexed'))
  process.print('out')
  expect(await client.until('out')).toBe(frame('stdout', 'out'))
  client.send('GET /typed HTTP/1.1\r\n\r\n')
  client.socket.end()
  expect(await text(process.stdin)).toBe('GET /typed HTTP/1.1\r\n\r\n')
  process.end()
  expect(await client.rest()).toBe('')
})

test('a client before 1.42 is told raw-stream, whatever it is', async () => {
  const process = new FakeProcess()
  await using api = await serving(process)
  const client = await api.raw()
  client.send(attach('/v1.41/containers/c/attach', UPGRADE))
  expect(await client.until('\r\n\r\n')).toBe(HEAD_101('raw'))
})

test.each([
  ['with Upgrade', UPGRADE],
  ['without', ''],
])('what is sent right behind the request is input, not HTTP (%s)', async (_name, headers) => {
  const process = new FakeProcess()
  await using api = await serving(process)
  const client = await api.raw()
  client.send(`${attach(undefined, headers, '{"stream":true}')}early\r\n\r\nbytes`)
  await client.until('\r\n\r\n')
  client.socket.end(' and late')
  expect(await text(process.stdin)).toBe('early\r\n\r\nbytes and late')
})

test('a request whose bytes come one by one is understood', async () => {
  const process = new FakeProcess()
  await using api = await serving(process)
  const client = await api.raw()
  for (const byte of attach(undefined, '', '{"stream":true}')) {
    client.socket.write(byte)
    await new Promise((resolve) => setImmediate(resolve))
  }
  client.socket.write('in')
  await client.until('\r\n\r\n')
  client.socket.end('put')
  expect(await text(process.stdin)).toBe('input')
})

test.each([1, 2, 3])('the end of a head may come in two pieces, with input behind it (%s)', async (late) => {
  const process = new FakeProcess()
  await using api = await serving(process)
  const client = await api.raw()
  const head = attach()
  client.send(head.slice(0, -late))
  await turns()
  client.send(`${head.slice(-late)}early`)
  await client.until('\r\n\r\n')
  client.socket.end()
  expect(await text(process.stdin)).toBe('early')
})

test('the end of the client’s input ends the process’s input only', async () => {
  const process = new FakeProcess()
  await using api = await serving(process)
  const client = await api.raw()
  client.send(attach(undefined, UPGRADE))
  await client.until('\r\n\r\n')
  client.socket.end('last words')
  expect(await text(process.stdin)).toBe('last words')
  expect(api.calls[0]!.signal.aborted).toBe(false)
  process.print('answer')
  process.end()
  expect(await client.rest()).toBe(frame('stdout', 'answer'))
})

test.each([false, true])('a client that goes away aborts the session (tty %s)', async (tty) => {
  const process = new FakeProcess({ tty })
  await using api = await serving(process)
  const client = await api.raw()
  client.send(attach(undefined, UPGRADE))
  await client.until('\r\n\r\n')
  const aborted = once(api.calls[0]!.signal, 'abort')
  client.socket.destroy()
  await aborted
  // A shell whose user comes back later must not have ended.
  if (tty) expect(process.stdin.writableEnded).toBe(false)
  else await once(process.stdin.resume(), 'end')
})

test('a client that ended its side first and goes away later aborts the session then', async () => {
  const process = new FakeProcess()
  await using api = await serving(process)
  const client = await api.raw()
  client.send(attach(undefined, UPGRADE))
  await client.until('\r\n\r\n')
  client.socket.end()
  await once(process.stdin.resume(), 'end')
  expect(api.calls[0]!.signal.aborted).toBe(false)
  const aborted = once(api.calls[0]!.signal, 'abort')
  client.socket.destroy()
  await aborted
})

test('on a terminal the end of what is typed ends nothing', async () => {
  const process = new FakeProcess({ tty: true })
  await using api = await serving(process)
  const client = await api.raw()
  client.send(attach(undefined, UPGRADE))
  await client.until('\r\n\r\n')
  client.socket.end('typed')
  expect(String(await once(process.stdin, 'data'))).toBe('typed')
  await turns()
  expect(process.stdin.writableEnded).toBe(false)
  process.print('goes on')
  process.end()
  expect(await client.rest()).toBe('goes on')
})

/** Long enough for whoever is not held up to be done. */
async function turns(): Promise<void> {
  for (let n = 0; n < 100; n++) await new Promise((resolve) => setImmediate(resolve))
}

test('a slow client holds the output up, and gets all of it', async () => {
  const data = Buffer.alloc(64 * 1024, 'x')
  let printed = 0
  async function* output() {
    while (printed < 256) {
      printed++
      yield { stream: 'stdout' as const, data }
    }
  }
  await using api = await TestServer.start({
    containers: { attach: async () => ({ tty: true, output: output() }) },
  })
  const client = await api.raw()
  client.socket.pause()
  client.send(attach(undefined, UPGRADE))
  await turns()
  expect(printed).toBeGreaterThan(0)
  expect(printed).toBeLessThan(256)
  client.socket.resume()
  await client.until('\r\n\r\n')
  expect((await client.rest()).length).toBe(256 * data.length)
})

test('a process that does not read holds its client up, and gets all of it', async () => {
  const process = new FakeProcess()
  await using api = await serving(process)
  const client = await api.raw()
  client.send(attach(undefined, UPGRADE))
  await client.until('\r\n\r\n')
  const typed = Buffer.alloc(16 * 1024 * 1024, 'x')
  client.socket.end(typed)
  await turns()
  expect(process.stdin.readableLength + process.stdin.writableLength).toBeLessThan(1024 * 1024)
  expect((await buffer(process.stdin)).length).toBe(typed.length)
})

test('a process that has closed its input does not end the session', async () => {
  const process = new FakeProcess({ tty: true })
  await using api = await serving(process)
  const client = await api.raw()
  client.send(attach(undefined, UPGRADE))
  await client.until('\r\n\r\n')
  process.stdin.destroy(new Error('closed'))
  client.socket.end(Buffer.alloc(4 * 1024 * 1024))
  await once(client.socket, 'finish')
  process.print('still here')
  process.end()
  expect(await client.rest()).toBe('still here')
})

test.each([
  ['with Upgrade', UPGRADE],
  ['without', ''],
])('an error before the hijack is an ordinary answer (%s)', async (_name, headers) => {
  await using api = await TestServer.start({
    containers: {
      attach: async () => Promise.reject(new EngineError('CONTAINER_NOT_FOUND', 'no such container: c')),
    },
  })
  const client = await api.raw()
  client.send(attach(undefined, headers, '{}'))
  expect(await client.until('\r\n\r\n')).toMatch(/^HTTP\/1.1 404 Not Found\r\n/)
  expect(await client.until('}')).toBe('{"message":"no such container: c","code":"CONTAINER_NOT_FOUND"}')
})

test('after a refused hijack without Upgrade the connection serves on', async () => {
  await using api = await TestServer.start({
    containers: {
      attach: async () => Promise.reject(new EngineError('CONTAINER_NOT_FOUND', 'no such container: c')),
    },
  })
  const client = await api.raw()
  client.send(`${attach()}GET /_ping HTTP/1.1\r\nConnection: close\r\n\r\n`)
  expect(await client.rest()).toMatch(/404 Not Found[^]*}HTTP\/1.1 200 OK[^]*\r\n\r\nOK$/)
})

test('a failure after the hijack is said in a frame of its own kind', async () => {
  const process = new FakeProcess()
  await using api = await serving(process)
  const client = await api.raw()
  client.send(attach(undefined, UPGRADE))
  await client.until('\r\n\r\n')
  process.output.destroy(new EngineError('GUEST_ERROR', 'the guest does not answer'))
  expect(await client.rest()).toBe(frame('error', 'the guest does not answer'))
})

test('an Upgrade to what hijacks nothing is answered, and is the last answer', async () => {
  await using api = await TestServer.start()
  const client = await api.raw()
  client.send('GET /_ping HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n')
  expect(await client.rest()).toMatch(/^HTTP\/1.1 200 OK\r\n[^]*connection: close\r\n[^]*OK$/i)
})

const withKeys = (keys: string) =>
  attach('/containers/c/attach', UPGRADE).replace('?', `?detachKeys=${keys}&`)

test('on a terminal the keys that the client named end the session, and not the input of the process', async () => {
  const process = new FakeProcess({ tty: true })
  await using api = await serving(process)
  const client = await api.raw()
  client.send(withKeys('ctrl-a,x'))
  await client.until('\r\n\r\n')
  client.send('\x01y\x01xlost')
  expect(String(await once(process.stdin, 'data'))).toBe('\x01y')
  expect(await client.rest()).toBe('')
  expect(process.stdin.writableEnded).toBe(false)
  expect(api.calls[0]!.signal.aborted).toBe(true)
})

test('without a terminal such keys are input, and what are no keys is refused', async () => {
  const process = new FakeProcess()
  await using api = await serving(process)
  const client = await api.raw()
  client.send(withKeys('ctrl-a,x'))
  await client.until('\r\n\r\n')
  client.socket.end('\x01x')
  expect(await text(process.stdin)).toBe('\x01x')
  const wrong = await api.raw()
  wrong.send(withKeys('ctrl-1'))
  expect(await wrong.rest()).toMatch(/^HTTP\/1.1 400 [^]*'ctrl-1' is not a key/)
})

test('sessions end with the server', async () => {
  const process = new FakeProcess()
  await using api = await serving(process)
  const client = await api.raw()
  client.send(attach(undefined, UPGRADE))
  await client.until('\r\n\r\n')
  await api.server.close()
  expect(await client.rest()).toBe('')
  expect(process.stdin.writableEnded).toBe(false)
})
