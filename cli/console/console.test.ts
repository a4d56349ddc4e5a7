import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { FakeEngine } from '../testing/fake-engine.ts'
import { openConsole, type Console } from './server.ts'
import { Session } from './session.ts'

let engine: FakeEngine
let window: Console
let started = 0

beforeEach(async () => {
  engine = await FakeEngine.start()
  const folder = join(engine.home, 'dist')
  await mkdir(folder)
  await writeFile(join(folder, 'index.html'), '<!doctype html><title>Ramet</title>')
  await writeFile(join(engine.home, 'secret.html'), 'not for pages')
  started = 0
  const startEngine = async (): Promise<void> => void started++
  window = await openConsole({ socketPath: engine.socketPath, folder, port: 0, startEngine })
})

afterEach(async () => {
  await window.close()
  await engine[Symbol.asyncDispose]()
})

const port = (): number => Number(new URL(window.link).port)
const ours = (): string => `http://127.0.0.1:${port()}`

function ask(
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body = '',
): Promise<{ status: number; body: string; headers: NodeJS.Dict<string | string[]> }> {
  return new Promise((resolve, reject) => {
    const call = request({ host: '127.0.0.1', port: port(), method, path, headers }, (answer) => {
      let text = ''
      answer.on('data', (part) => (text += String(part)))
      answer.once('end', () => resolve({ status: answer.statusCode!, body: text, headers: answer.headers }))
    })
    call.once('error', reject)
    call.end(body)
  })
}

async function redeem(): Promise<string> {
  const token = new URL(window.link).hash.slice('#token='.length)
  const answer = await ask('POST', '/session', { Origin: ours() }, token)
  expect(answer.status).toBe(200)
  return answer.body
}

function socket(secret: string, headers: Record<string, string> = { Origin: ours() }): WebSocket {
  return new WebSocket(`ws://127.0.0.1:${port()}/stream`, ['ramet.v1', `ramet.session.${secret}`], {
    headers,
  })
}

describe('the page', () => {
  test('is served to anybody on this machine, with a policy that lets nothing in from elsewhere', async () => {
    const { status, body, headers } = await ask('GET', '/')
    expect([status, body]).toEqual([200, '<!doctype html><title>Ramet</title>'])
    expect(headers['content-security-policy']).toContain("default-src 'none'; script-src 'self';")
    expect(headers['content-security-policy']).not.toContain('eval')
    expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'x-frame-options': 'DENY' })
  })

  test.each(['/../secret.html', '/%2e%2e/secret.html', '/..%2fsecret.html', '/%', '/none.js', '/assets'])(
    'is all that is served: %s is not',
    async (path) => {
      expect(await ask('GET', path)).toMatchObject({ status: 404 })
    },
  )
})

describe('who may ask', () => {
  beforeEach(() => engine.json('GET /info', 200, { Name: 'here' }))

  test('a page that redeemed the link', async () => {
    const headers = { Authorization: `Bearer ${await redeem()}` }
    expect(await ask('GET', '/api/info', headers)).toMatchObject({ status: 200, body: '{"Name":"here"}' })
  })

  test('the link works once', async () => {
    const token = new URL(window.link).hash.slice('#token='.length)
    await redeem()
    expect(await ask('POST', '/session', { Origin: ours() }, token)).toMatchObject({ status: 401 })
  })

  test.each(['', 'wrong', 'x'.repeat(5000)])('not one with a wrong token', async (token) => {
    const { status } = await ask('POST', '/session', { Origin: ours() }, token)
    expect(status).toBeGreaterThanOrEqual(400)
  })

  test('not one without a session', async () => {
    expect(await ask('GET', '/api/info')).toMatchObject({ status: 401 })
    expect(await ask('GET', '/api/info', { Authorization: 'Bearer wrong' })).toMatchObject({ status: 401 })
    expect(engine.asked).toEqual([])
  })

  test('not under a name of elsewhere, whatever it knows', async () => {
    const headers = { Authorization: `Bearer ${await redeem()}`, Host: `evil.example:${port()}` }
    expect(await ask('GET', '/api/info', headers)).toMatchObject({ status: 403 })
    expect(await ask('GET', '/', { Host: 'evil.example' })).toMatchObject({ status: 403 })
  })

  test.each<Record<string, string>>([
    { Origin: 'http://evil.example' },
    { Origin: 'http://127.0.0.1:1' },
    { Origin: 'null' },
    { 'Sec-Fetch-Site': 'cross-site' },
    { 'Sec-Fetch-Site': 'same-site' },
  ])('not from a page of elsewhere: %o', async (from) => {
    const headers = { Authorization: `Bearer ${await redeem()}`, ...from }
    expect(await ask('GET', '/api/info', headers)).toMatchObject({ status: 403 })
    expect(engine.asked).toEqual([])
  })

  test('not to change something without saying where from', async () => {
    const headers = { Authorization: `Bearer ${await redeem()}` }
    expect(await ask('POST', '/api/containers/prune', headers)).toMatchObject({ status: 403 })
  })

  test('a token is worth nothing after a quarter of an hour', () => {
    const session = new Session(0)
    expect(session.redeem(session.token, 15 * 60_000 + 1)).toBeUndefined()
    expect(session.redeem(session.token, 15 * 60_000)).toBeTypeOf('string')
    expect(session.token).toBeUndefined()
  })
})

test('what a browser adds does not reach the engine, and its answer comes back', async () => {
  engine.json('POST /containers/c1/start', 409, { message: 'it is paused', code: 'CONFLICT' })
  const headers = {
    Authorization: `Bearer ${await redeem()}`,
    Origin: ours(),
    'Sec-Fetch-Site': 'same-origin',
  }
  const answer = await ask('POST', '/api/containers/c1/start', headers)
  expect(answer).toMatchObject({ status: 409, body: '{"message":"it is paused","code":"CONFLICT"}' })
})

test('an engine that is gone is told as an error, and started on request', async () => {
  const headers = { Authorization: `Bearer ${await redeem()}`, Origin: ours() }
  engine.answers['GET /info'] = () => engine.drop()
  expect(await ask('GET', '/api/info', headers)).toMatchObject({ status: 502 })
  expect(await ask('POST', '/engine/start', headers)).toMatchObject({ status: 204 })
  expect(started).toBe(1)
})

describe('streams', () => {
  test.each<Record<string, string>>([
    { Origin: 'http://evil.example' },
    {},
    { Host: 'evil.example', Origin: 'http://evil.example' },
  ])('are refused to a page of elsewhere: %o', async (headers) => {
    const client = socket(await redeem(), headers)
    const [error] = (await once(client, 'error')) as [Error]
    expect(error.message).toContain('403')
  })

  test('are refused without the session', async () => {
    const [error] = (await once(socket('wrong'), 'error')) as [Error]
    expect(error.message).toContain('401')
  })

  test('carry a session of a process both ways, and each end by itself', async () => {
    engine.takeovers['POST /exec/e1/start'] = (_call, process) => {
      process.on('data', (data) => process.write(`you said ${String(data)}`))
      process.on('end', () => process.end('bye'))
    }
    const client = socket(await redeem())
    await once(client, 'open')
    const heard = listen(client)
    client.send(JSON.stringify({ method: 'POST', path: '/exec/e1/start', body: {}, hijack: true }))
    client.send(Buffer.from('hello'))
    client.send(JSON.stringify({ end: true }))
    await once(client, 'close')
    expect(heard.texts).toEqual([{ status: 101, headers: {} }, { end: true }])
    expect(heard.bytes).toContain('you said hello')
    expect(heard.bytes).toContain('bye')
  })

  test('carry an upload, and the answer to it', async () => {
    engine.answers['PUT /containers/c1/archive'] = (call, response) => {
      response.writeHead(200).end(`got ${call.body.length}`)
    }
    const client = socket(await redeem())
    await once(client, 'open')
    const heard = listen(client)
    client.send(JSON.stringify({ method: 'PUT', path: '/containers/c1/archive?path=/', upload: true }))
    for (let part = 0; part < 5; part++) client.send(Buffer.alloc(200_000))
    client.send(JSON.stringify({ end: true }))
    await once(client, 'close')
    expect(heard.bytes).toBe('got 1000000')
  })

  test('tell the engine’s refusal', async () => {
    const client = socket(await redeem())
    await once(client, 'open')
    const heard = listen(client)
    client.send(JSON.stringify({ method: 'GET', path: '/events' }))
    await once(client, 'close')
    expect(heard.texts).toMatchObject([{ status: 500, code: 'INTERNAL', message: 'unexpected: GET /events' }])
  })

  test('end at the engine when the page goes', async () => {
    const gone = Promise.withResolvers<undefined>()
    engine.answers['GET /events'] = (_call, response) => {
      response.writeHead(200).write('{}\n')
      response.once('close', () => gone.resolve(undefined))
    }
    const client = socket(await redeem())
    await once(client, 'open')
    client.send(JSON.stringify({ method: 'GET', path: '/events' }))
    await once(client, 'message')
    client.close()
    await gone.promise
  })

  test.each(['', '{', 'null', '{"method":"TRACE","path":"/"}', '{"method":"GET","path":"http://x/"}'])(
    'begin with a request, not with %s',
    async (first) => {
      const client = socket(await redeem())
      await once(client, 'open')
      client.send(first)
      const [code] = (await once(client, 'close')) as [number]
      expect(code).toBe(1002)
    },
  )
})

function listen(client: WebSocket): { texts: unknown[]; bytes: string } {
  const heard = { texts: [] as unknown[], bytes: '' }
  client.on('message', (data, isBinary) => {
    if (isBinary) heard.bytes += String(data)
    else heard.texts.push(JSON.parse(String(data)))
  })
  return heard
}
