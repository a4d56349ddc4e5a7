import { once } from 'node:events'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { EngineError } from '../../../contract/errors.ts'
import { FakeProcess } from '../../../engine/api/testing/fake-process.ts'
import { TestServer } from '../../../engine/api/testing/test-server.ts'
import { EngineConnection } from './connection.ts'

/** The engine's own server, above a fake of its services: those would boot VMs. */
let api: TestServer
let engine: EngineConnection
const shell = new FakeProcess({ tty: true })
let uploaded = Buffer.alloc(0)
const cancelled = Promise.withResolvers<undefined>()

beforeEach(async () => {
  api = await TestServer.start({
    containers: {
      inspect: async (id) => {
        throw new EngineError('CONTAINER_NOT_FOUND', `no such container: ${id}`)
      },
      attach: async () => ({ tty: true, output: shell.output, stdin: shell.stdin }),
    },
    launches: { list: () => [], save: async (request) => ({ id: 'a', ...request }) as never },
    images: {
      load: async (archive, { onProgress }) => {
        for await (const part of archive) uploaded = Buffer.concat([uploaded, part as Buffer])
        onProgress({ stream: 'Loaded image: web\n' })
      },
      pull: async (_reference, { onProgress, signal }) => {
        onProgress({ status: 'Pulling' })
        await new Promise<void>((_resolve, reject) =>
          signal.addEventListener('abort', () => {
            cancelled.resolve(undefined)
            reject(signal.reason as Error)
          }),
        )
      },
    },
  })
  engine = new EngineConnection(api.socketPath)
})
afterEach(() => api[Symbol.asyncDispose]())

const text = (data: Uint8Array | null): string => Buffer.from(data ?? []).toString()

test('short requests are answered, and refused in the engine’s own words', async () => {
  expect(await engine.get('/ramet/v1/launches')).toEqual([])
  const saved = await engine.request({
    method: 'POST',
    path: '/ramet/v1/launches',
    body: { config: { Image: 'web' } },
  })
  expect(saved).toMatchObject({ status: 200, headers: { 'content-type': 'application/json' } })
  expect(JSON.parse(saved.text)).toMatchObject({ id: 'a' })
  await expect(engine.get('/containers/nobody/json')).rejects.toMatchObject({
    code: 'CONTAINER_NOT_FOUND',
    message: 'no such container: nobody',
  })
})

test('no engine is an error that says so', async () => {
  const nobody = new EngineConnection('/tmp/ramet-nobody/docker.sock')
  await expect(nobody.get('/info')).rejects.toMatchObject({
    message: expect.stringContaining('does not run') as string,
  })
  expect(await nobody.answers(100)).toBe(false)
  expect(await engine.answers(5000)).toBe(true)
})

test('an archive is uploaded piece by piece, and its answer read to the end', async () => {
  const stream = engine.open({ method: 'POST', path: '/images/load', upload: true })
  for (let each = 0; each < 5; each++) await stream.write(Buffer.alloc(100_000, each))
  await stream.end()
  expect(await stream.head()).toMatchObject({ status: 200 })
  expect(text(await stream.read())).toContain('Loaded image')
  expect(await stream.read()).toBeNull()
  expect(uploaded.length).toBe(500_000)
})

test('a session goes both ways, and its input ends before its output', async () => {
  const path = '/containers/a/attach?stream=1&stdin=1&stdout=1'
  const stream = engine.open({ method: 'POST', path, hijack: true })
  expect(await stream.head()).toMatchObject({ status: 101 })
  shell.print('$ ')
  const prompt = await stream.read()
  expect(text(prompt)).toBe('$ ')
  // Nothing else of the main process's memory goes to the window with it.
  expect(prompt!.buffer.byteLength).toBe(2)
  await stream.write(Buffer.from('ls\n'))
  await stream.end()
  expect(String(await once(shell.stdin, 'data'))).toBe('ls\n')
  shell.print('file\n')
  shell.end()
  expect(text(await stream.read())).toBe('file\n')
  expect(await stream.read()).toBeNull()
})

test('a stream that is closed ends the work behind it', async () => {
  const stream = engine.open({ method: 'POST', path: '/images/create?fromImage=web' })
  expect(text(await stream.read())).toContain('Pulling')
  stream.close()
  await cancelled.promise
})

test('a refused stream says so with its head, and takes nothing where it is only read', async () => {
  const refused = engine.open({ method: 'POST', path: '/containers/a/nonsense', hijack: true })
  await expect(refused.head()).rejects.toMatchObject({ code: 'NOT_FOUND' })
  const events = engine.open({ method: 'GET', path: '/ramet/v1/launches' })
  await expect(events.write(Buffer.from('x'))).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
})
