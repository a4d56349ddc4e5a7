import { expect, test } from 'vitest'
import type { EventMessage } from '../../../contract/docker.ts'
import { eventFilter } from '../streams/event-filter.ts'
import { TestServer } from '../testing/test-server.ts'

const event = (
  Type: EventMessage['Type'],
  Action: string,
  ID: string,
  Attributes: Record<string, string> = {},
): EventMessage => ({ Type, Action, Actor: { ID, Attributes }, scope: 'local', time: 1, timeNano: 1e9 })

async function serving(past: EventMessage[] = []) {
  const listeners = new Set<(event: EventMessage) => void>()
  const api = await TestServer.start({
    events: {
      past: () => past,
      subscribe: (listener) => {
        listeners.add(listener)
        return () => listeners.delete(listener)
      },
    },
  })
  const emit = (message: EventMessage): void => listeners.forEach((listener) => listener(message))
  return Object.assign(api, { emit, listeners })
}

test('events come as they happen, until the client goes away', async () => {
  await using api = await serving()
  const client = await api.raw()
  const filters = encodeURIComponent('{"type":["container"]}')
  client.send(`GET /v1.51/events?filters=${filters} HTTP/1.1\r\nHost: docker\r\n\r\n`)
  expect(await client.until('\r\n\r\n')).toMatch(/^HTTP\/1.1 200 OK\r\n/)
  api.emit(event('image', 'pull', 'i'))
  const start = event('container', 'start', 'c', { name: 'web' })
  api.emit(start)
  expect(await client.until('\n\r\n')).toContain(`\r\n${JSON.stringify(start)}\n`)
  client.socket.destroy()
  await expect.poll(() => api.listeners.size).toBe(0)
})

test('a stream of events ends at a time', async () => {
  await using api = await serving()
  expect(await api.call('GET', '/events?until=1')).toMatchObject({ status: 200, body: '' })
  expect(await api.call('GET', '/events?until=-20ms')).toMatchObject({ status: 200, body: '' })
  expect(await api.call('GET', '/events?since=yesterday')).toMatchObject({ status: 400 })
  expect(api.listeners.size).toBe(0)
})

test('since and until bring back what is remembered, then go on', async () => {
  const at = (seconds: number, id: string) => ({
    ...event('container', 'start', id),
    time: seconds,
    timeNano: seconds * 1e9,
  })
  const now = Math.floor(Date.now() / 1000)
  await using api = await serving([at(now - 30, 'a'), at(now - 20, 'b'), at(now - 10, 'c')])
  const ids = async (query: string): Promise<string[]> => {
    const { body } = await api.call('GET', `/events?${query}`)
    return body.split('\n').filter(Boolean).map((line) => (JSON.parse(line) as EventMessage).Actor.ID) // prettier-ignore
  }
  expect(await ids(`since=${now - 25}&until=${now - 5}`)).toEqual(['b', 'c'])
  expect(await ids(`until=${now - 15}`)).toEqual(['a', 'b'])
  const filters = encodeURIComponent('{"container":["c"]}')
  expect(await ids(`since=1h&until=${now}&filters=${filters}`)).toEqual(['c'])
  const client = await api.raw()
  client.send(`GET /events?since=${now - 15} HTTP/1.1\r\nHost: docker\r\n\r\n`)
  await client.until('"ID":"c"')
  api.emit(at(now, 'd'))
  expect(await client.until('"ID":"d"')).not.toContain('"ID":"a"')
})

test.each([
  ['application/jsonl', 'application/jsonl', /^\{.*\}\n$/],
  ['application/x-ndjson', 'application/x-ndjson', /^\{.*\}\n$/],
  ['application/json-seq', 'application/json-seq', new RegExp(`^${String.fromCharCode(0x1e)}{.*}\n$`)],
  ['text/html', 'application/json', /^\{.*\}\n$/],
])('Accept: %s', async (accept, type, body) => {
  await using api = await serving([event('container', 'start', 'c')])
  const answer = await api.call('GET', '/events?until=2', { headers: { Accept: accept } })
  expect(answer.headers['content-type']).toBe(type)
  expect(answer.body).toMatch(body)
})

test('a client that reads nothing is cut off', async () => {
  await using api = await serving()
  const client = await api.raw()
  client.send('GET /events HTTP/1.1\r\nHost: docker\r\n\r\n')
  await client.until('\r\n\r\n')
  client.socket.pause()
  for (let n = 0; n < 64 && api.listeners.size > 0; n++) {
    api.emit(event('container', 'start', 'x'.repeat(64 * 1024)))
    await new Promise((resolve) => setImmediate(resolve))
  }
  expect(api.listeners.size).toBe(0)
})

test('filters', () => {
  const die = event('container', 'exec_die', 'abcdef', { name: 'web', image: 'nginx', tier: 'front' })
  const pull = event('image', 'pull', 'nginx', { name: 'nginx' })
  const which = (filters: Record<string, string[]>) => [die, pull].map(eventFilter(filters))
  expect(which({})).toEqual([true, true])
  expect(which({ type: ['image'] })).toEqual([false, true])
  expect(which({ event: ['exec_die', 'start'] })).toEqual([true, false])
  expect(which({ container: ['web'] })).toEqual([true, false])
  expect(which({ container: ['abc'] })).toEqual([true, false])
  expect(which({ image: ['nginx'] })).toEqual([true, true])
  expect(which({ image: ['nginx:latest'] })).toEqual([false, false])
  const tagged = event('image', 'tag', 'reg:5000/nginx:1', { name: 'reg:5000/nginx:1' })
  expect(eventFilter({ image: ['reg:5000/nginx'] })(tagged)).toBe(true)
  expect(which({ plugin: ['x'] })).toEqual([false, false])
  expect(which({ label: ['tier=front', 'name'] })).toEqual([true, false])
  expect(which({ label: ['tier=back'] })).toEqual([false, false])
  expect(eventFilter({ event: ['exec_start'] })(event('container', 'exec_start: ls', 'c'))).toBe(true)
  expect(() => eventFilter({ colour: ['red'] })).toThrow("invalid filter 'colour'")
  expect(() => eventFilter({ constructor: ['x'] } as never)).toThrow("invalid filter 'constructor'")
})
