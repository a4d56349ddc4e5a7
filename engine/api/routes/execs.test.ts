import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import type { ExecInspect } from '../../../contract/docker.ts'
import { EngineError } from '../../../contract/errors.ts'
import type { ExecBackend } from '../backend.ts'
import { FakeProcess, frame } from '../testing/fake-process.ts'
import { TestServer } from '../testing/test-server.ts'

const UPGRADE = 'Connection: Upgrade\r\nUpgrade: tcp\r\n'

const start = (body: string, headers = UPGRADE): string =>
  `POST /v1.51/exec/e/start HTTP/1.1\r\nHost: docker\r\n${headers}Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`

async function serving(process: FakeProcess) {
  const calls: Parameters<ExecBackend['start']>[1][] = []
  const api = await TestServer.start({
    execs: {
      start: async (_id, options) => {
        calls.push(options)
        return options.detach ? undefined : process
      },
    },
  })
  return Object.assign(api, { calls })
}

test('the body is read from behind the head of an upgraded request', async () => {
  const process = new FakeProcess()
  await using api = await serving(process)
  const client = await api.raw()
  client.send(`${start('{"Detach":false,"Tty":false,"ConsoleSize":[24,80]}')}input`)
  expect(await client.until('\r\n\r\n')).toMatch(/^HTTP\/1.1 101 UPGRADED\r\n/)
  expect(api.calls).toMatchObject([{ detach: false, tty: false, consoleSize: [24, 80] }])
  client.socket.end()
  expect(await text(process.stdin)).toBe('input')
  process.print('done')
  process.end()
  expect(await client.rest()).toBe(frame('stdout', 'done'))
})

test.each([
  ['with Upgrade', UPGRADE, '101 UPGRADED'],
  ['without', '', '200 OK'],
])('a body that comes in pieces is waited for (%s)', async (_name, headers, status) => {
  const process = new FakeProcess()
  await using api = await serving(process)
  const client = await api.raw()
  const whole = start('{"Detach":false,"Tty":true}', headers)
  for (const piece of [whole.slice(0, -20), whole.slice(-20, -5), `${whole.slice(-5)}in`, 'put']) {
    client.send(piece)
    await new Promise((resolve) => setImmediate(resolve))
  }
  expect(await client.until('\r\n\r\n')).toContain(`HTTP/1.1 ${status}\r\n`)
  expect(api.calls).toMatchObject([{ tty: true }])
  client.socket.end()
  expect(await text(process.stdin)).toBe('input')
  process.end()
  expect(await client.rest()).toBe('')
})

test('a detached start is answered without a body', async () => {
  await using api = await serving(new FakeProcess())
  expect(await api.call('POST', '/exec/e/start', { body: { Detach: true } })).toMatchObject({
    status: 200,
    body: '',
  })
  expect(api.calls).toMatchObject([{ detach: true }])
})

test('bodies of upgraded requests are checked like any other', async () => {
  await using api = await serving(new FakeProcess())
  const answer = async (request: string): Promise<string> => {
    const client = await api.raw()
    client.send(request)
    return client.rest()
  }
  expect(await answer(start('{"Tty":1}'))).toMatch(
    /^HTTP\/1.1 400 [^]*"invalid request: Tty must be boolean"/,
  )
  expect(await answer(start('{'))).toMatch(/^HTTP\/1.1 400 /)
  const chunked = `POST /exec/e/start HTTP/1.1\r\nHost: docker\r\n${UPGRADE}Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`
  expect(await answer(chunked)).toMatch(/^HTTP\/1.1 400 [^]*needs a Content-Length/)
  const huge = `POST /exec/e/start HTTP/1.1\r\nHost: docker\r\n${UPGRADE}Content-Length: 5000000\r\n\r\n`
  expect(await answer(huge)).toMatch(/^HTTP\/1.1 400 [^]*at most 4194304/)
  expect(api.calls).toEqual([])
})

test('a command that cannot be executed is output and an exit code, where the exec has one', async () => {
  let ExitCode: number | null = 127
  await using api = await TestServer.start({
    execs: {
      start: async () => Promise.reject(new EngineError('COMMAND_NOT_FOUND', 'no such command: x')),
      inspect: async () => ({ ExitCode, ProcessConfig: { tty: false } }) as ExecInspect,
    },
  })
  const client = await api.raw()
  client.send(start('{}'))
  await client.until('\r\n\r\n')
  expect(await client.rest()).toBe(frame('stdout', 'no such command: x\r\n'))
  ExitCode = null
  expect(await api.call('POST', '/exec/e/start', { body: {} })).toMatchObject({ status: 400 })
  ExitCode = 127
  expect(await api.call('POST', '/exec/e/start', { body: { Detach: true } })).toMatchObject({ status: 400 })
})

test('create, inspect and resize', async () => {
  const calls: unknown[] = []
  await using api = await TestServer.start({
    execs: {
      create: async (...args) => {
        calls.push(args)
        return { Id: 'e' }
      },
      inspect: async (id) => ({ ID: id, ExitCode: 0 }) as ExecInspect,
      resize: async (...args) => void calls.push(args),
    },
  })
  const body = { Cmd: ['ls'], AttachStdout: true }
  expect(await api.call('POST', '/containers/c/exec', { body })).toMatchObject({
    status: 201,
    body: '{"Id":"e"}',
  })
  expect(await api.call('POST', '/containers/c/exec', { body: { Cmd: 'ls' } })).toMatchObject({ status: 400 })
  expect((await api.call('GET', '/exec/e/json')).body).toBe('{"ID":"e","ExitCode":0}')
  expect(await api.call('POST', '/exec/e/resize?h=1&w=2')).toMatchObject({ status: 200 })
  expect(calls).toEqual([
    ['c', body],
    ['e', { rows: 1, cols: 2 }],
  ])
})
