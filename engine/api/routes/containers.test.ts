import { expect, test } from 'vitest'
import type { WaitResponse } from '../../../contract/docker.ts'
import { EngineError } from '../../../contract/errors.ts'
import type { LogOptions, OutputChunk } from '../backend.ts'
import { frame } from '../testing/fake-process.ts'
import { TestServer } from '../testing/test-server.ts'

test('wait answers its status and headers at once, and the code when there is one', async () => {
  const { promise, resolve } = Promise.withResolvers<WaitResponse>()
  const conditions: string[] = []
  await using api = await TestServer.start({
    containers: {
      wait: async (_id, condition) => {
        conditions.push(condition)
        return { result: promise }
      },
    },
  })
  const client = await api.raw()
  client.send(
    'POST /v1.51/containers/c/wait?condition=next-exit HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n\r\n',
  )
  expect(await client.until('\r\n\r\n')).toMatch(
    /^HTTP\/1.1 200 OK\r\n[^]*Content-Type: application\/json\r\n/,
  )
  resolve({ StatusCode: 3 })
  expect(await client.rest()).toContain('{"StatusCode":3}\n')
  expect(conditions).toEqual(['next-exit'])
})

test('wait: the default, what is no condition, an unknown container, a failure later', async () => {
  const conditions: string[] = []
  await using api = await TestServer.start({
    containers: {
      wait: async (id, condition) => {
        conditions.push(condition)
        if (id !== 'known') throw new EngineError('CONTAINER_NOT_FOUND', `no such container: ${id}`)
        return { result: Promise.reject(new EngineError('GUEST_ERROR', 'the guest is gone')) }
      },
    },
  })
  expect(await api.call('POST', '/containers/c/wait?condition=soon')).toMatchObject({ status: 400 })
  expect(await api.call('POST', '/containers/c/wait')).toMatchObject({ status: 404 })
  expect(conditions).toEqual(['not-running'])
  const { status, body } = await api.call('POST', '/containers/known/wait')
  expect([status, JSON.parse(body)]).toEqual([
    200,
    { StatusCode: -1, Error: { Message: 'the guest is gone' } },
  ])
})

test('a client that goes away ends the wait', async () => {
  const { promise: aborted, resolve } = Promise.withResolvers<undefined>()
  await using api = await TestServer.start({
    containers: {
      wait: async (_id, _condition, signal) => {
        signal.addEventListener('abort', () => resolve(undefined))
        return { result: aborted.then(() => ({ StatusCode: 0 })) }
      },
    },
  })
  const client = await api.raw()
  client.send('POST /containers/c/wait HTTP/1.1\r\nHost: docker\r\n\r\n')
  await client.until('\r\n\r\n')
  client.socket.destroy()
  await aborted
})

test('create checks types and passes the rest on', async () => {
  const created: unknown[] = []
  await using api = await TestServer.start({
    containers: {
      create: async (name, request) => {
        created.push([name, request])
        return { Id: 'abc', Warnings: [] }
      },
    },
  })
  const body = { Image: 'web', Cmd: ['a'], Healthcheck: {}, HostConfig: { Memory: 1 } }
  expect(await api.call('POST', '/v1.51/containers/create?name=n', { body })).toMatchObject({
    status: 201,
    body: '{"Id":"abc","Warnings":[]}',
  })
  expect(created).toEqual([['n', body]])
  const refused = async (wrong: unknown, type = 'application/json') => {
    const headers = { 'Content-Type': type }
    const answer = await api.call('POST', '/containers/create', { body: wrong, headers })
    return [answer.status, (JSON.parse(answer.body) as { message: string }).message]
  }
  expect(await refused({ Env: [1] })).toEqual([400, 'invalid request: Env/0 must be string'])
  expect(await refused({ HostConfig: { Memory: '1' } })).toEqual([
    400,
    'invalid request: HostConfig/Memory must be integer',
  ])
  expect(await refused('')).toEqual([400, 'invalid request: body must be object'])
  expect(await refused('{')).toEqual([400, expect.stringContaining('JSON')])
  expect(await refused('{"__proto__":{"Image":"web"}}')).toEqual([400, expect.stringContaining('JSON')])
  expect(await refused({}, 'text/plain')).toEqual([
    400,
    "unsupported Content-Type header (text/plain): must be 'application/json'",
  ])
  expect(created.length).toBe(1)
})

test('parameters reach the backend as what they mean', async () => {
  const calls: unknown[][] = []
  const note =
    (name: string) =>
    async (...args: unknown[]): Promise<never[]> => {
      calls.push([name, ...args])
      return []
    }
  await using api = await TestServer.start({
    containers: {
      list: note('list'),
      stop: note('stop') as never,
      kill: note('kill') as never,
      pause: note('pause') as never,
      unpause: note('unpause') as never,
      rename: note('rename') as never,
      remove: note('remove') as never,
      resize: note('resize') as never,
    },
  })
  const filters = encodeURIComponent('{"name":{"a":true}}')
  const statuses = [
    await api.call('GET', `/containers/json?all=1&limit=2&filters=${filters}`),
    await api.call('GET', '/containers/json?all=0&limit=-1'),
    await api.call('POST', '/containers/c/stop?t=0&signal=TERM'),
    await api.call('POST', '/containers/c/kill?signal=9'),
    await api.call('POST', '/containers/c/pause'),
    await api.call('POST', '/containers/c/unpause'),
    await api.call('POST', '/containers/c/rename?name=d'),
    await api.call('DELETE', '/containers/c?force=true&v=1'),
    await api.call('POST', '/containers/c/resize?h=24&w=80'),
    await api.call('POST', '/containers/c/stop?t=x'),
    await api.call('POST', '/containers/c/rename'),
    await api.call('DELETE', '/containers/c?link=1'),
  ].map(({ status }) => status)
  expect(statuses).toEqual([200, 200, 204, 204, 204, 204, 204, 204, 200, 400, 400, 501])
  expect(calls).toEqual([
    ['list', { all: true, limit: 2, size: false, filters: { name: ['a'] } }],
    ['list', { all: false, limit: undefined, size: false, filters: {} }],
    ['stop', 'c', { timeoutSeconds: 0, signal: 'TERM' }],
    ['kill', 'c', '9'],
    ['pause', 'c'],
    ['unpause', 'c'],
    ['rename', 'c', 'd'],
    ['remove', 'c', { force: true, volumes: true }],
    ['resize', 'c', { rows: 24, cols: 80 }],
  ])
})

test('prune reads its time, and passes the other filters on', async () => {
  const calls: unknown[] = []
  await using api = await TestServer.start({
    containers: {
      prune: async (options) => {
        calls.push(options)
        return { ContainersDeleted: ['a'], SpaceReclaimed: 5 }
      },
    },
  })
  const prune = (filters: object) =>
    api.call('POST', `/v1.51/containers/prune?filters=${encodeURIComponent(JSON.stringify(filters))}`)
  expect(await api.call('POST', '/containers/prune')).toMatchObject({
    status: 200,
    body: '{"ContainersDeleted":["a"],"SpaceReclaimed":5}',
  })
  await prune({ until: { '10.5': true }, label: ['tier=front'], 'label!': ['keep'] })
  expect(calls).toEqual([
    { filters: {}, until: undefined },
    { filters: { label: ['tier=front'], 'label!': ['keep'] }, until: 10_500_000_000n },
  ])
  expect(await prune({ until: ['1', '2'] })).toMatchObject({ status: 400 })
  expect(await prune({ until: ['soon'] })).toMatchObject({ status: 400 })
  expect(calls.length).toBe(2)
})

test('update checks types and passes the rest on', async () => {
  const updates: unknown[][] = []
  await using api = await TestServer.start({
    containers: {
      update: async (...args) => {
        updates.push(args)
        return { Warnings: [] }
      },
    },
  })
  const update = (body: unknown) => api.call('POST', '/v1.51/containers/c/update', { body })
  const body = { CpuShares: 0, RestartPolicy: { Name: 'always', MaximumRetryCount: 0 } }
  expect(await update({ ...body, Devices: null })).toMatchObject({ status: 200, body: '{"Warnings":[]}' })
  expect(updates).toEqual([['c', body]])
  expect(await update({ RestartPolicy: { Name: 'sometimes' } })).toMatchObject({ status: 400 })
  expect(await update({ Memory: '1' })).toMatchObject({ status: 400 })
  expect(await update(undefined)).toMatchObject({ status: 400 })
  expect(updates.length).toBe(1)
})

test('a start with settings is refused, as they would be lost', async () => {
  await using api = await TestServer.start({ containers: { start: async () => {} } })
  expect(await api.call('POST', '/containers/c/start', { body: {} })).toMatchObject({ status: 204, body: '' })
  expect(await api.call('POST', '/containers/c/start', { body: { Binds: [] } })).toMatchObject({
    status: 400,
  })
})

async function* chunks(...all: [OutputChunk['stream'], bigint, string][]): AsyncGenerator<OutputChunk> {
  for (const [stream, timeNs, data] of all) yield { stream, timeNs, data: Buffer.from(data) }
}

test('logs come in frames, or raw from a terminal', async () => {
  const asked: LogOptions[] = []
  await using api = await TestServer.start({
    containers: {
      logs: async (id, options) => {
        asked.push(options)
        return { tty: id === 'terminal', output: chunks(['stdout', 0n, 'a\n'], ['stderr', 0n, 'b\n']) }
      },
    },
  })
  const logs = (id: string) => `/v1.51/containers/${id}/logs?stdout=1&stderr=1`
  const framed = await api.call('GET', `${logs('c')}&tail=5&since=10.5&until=0`)
  expect(framed.body).toBe(frame('stdout', 'a\n') + frame('stderr', 'b\n'))
  expect(framed.headers['content-type']).toBe('application/vnd.docker.multiplexed-stream')
  const raw = await api.call('GET', `${logs('terminal')}&follow=1&tail=all`)
  expect(raw.body).toBe('a\nb\n')
  expect(raw.headers['content-type']).toBe('application/vnd.docker.raw-stream')
  expect(asked).toMatchObject([
    { follow: false, stdout: true, stderr: true, tail: 5, since: 10_500_000_000n, until: undefined },
    { follow: true, tail: undefined, since: undefined },
  ])
  expect(await api.call('GET', '/containers/c/logs')).toMatchObject({
    status: 400,
    body: expect.stringContaining('you must choose at least one stream'),
  })
})

test('each line of a log stands behind the time it began at', async () => {
  await using api = await TestServer.start({
    containers: {
      logs: async () => ({
        tty: true,
        output: chunks(
          ['stdout', 1_000000001n, 'one\ntw'],
          ['stderr', 2_000000000n, 'err\n'],
          ['stdout', 3_000000000n, 'o\n\n'],
        ),
      }),
    },
  })
  const { body } = await api.call('GET', '/containers/c/logs?stdout=1&timestamps=1')
  const at = (time: string) => `1970-01-01T00:00:0${time}Z `
  expect(body).toBe(
    `${at('1.000000001')}one\n${at('1.000000001')}tw${at('2.000000000')}err\no\n${at('3.000000000')}\n`,
  )
})

test('followed logs begin at once and end with the client', async () => {
  const { promise: aborted, resolve } = Promise.withResolvers<undefined>()
  async function* endless(signal: AbortSignal): AsyncGenerator<OutputChunk> {
    yield* chunks(['stdout', 0n, 'first\n'])
    await new Promise((end) => signal.addEventListener('abort', end))
    resolve(undefined)
  }
  await using api = await TestServer.start({
    containers: { logs: async (_id, { signal }) => ({ tty: true, output: endless(signal) }) },
  })
  const client = await api.raw()
  client.send('GET /containers/c/logs?stdout=1&follow=1 HTTP/1.1\r\nHost: docker\r\n\r\n')
  await client.until('first\n')
  client.socket.destroy()
  await aborted
})
