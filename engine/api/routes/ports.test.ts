import { expect, test } from 'vitest'
import { TestServer } from '../testing/test-server.ts'

test('ports are published and taken back one by one', async () => {
  const calls: unknown[] = []
  const shown = { '80/tcp': [{ HostIp: '127.0.0.1', HostPort: '8080' }] }
  await using api = await TestServer.start({
    ports: {
      add: async (...args) => (calls.push(args), shown),
      remove: async (...args) => (calls.push(args), {}),
    },
  })
  const url = '/ramet/v1/containers/c/ports'
  expect(await api.call('POST', url, { body: { PortBindings: shown } })).toMatchObject({
    status: 200,
    body: JSON.stringify(shown),
  })
  expect((await api.call('POST', url, { body: {} })).status).toBe(400)
  expect((await api.call('POST', url, { body: { PortBindings: { '80/tcp': 8080 } } })).status).toBe(400)
  expect((await api.call('DELETE', `${url}?port=80/tcp&hostPort=8080`)).status).toBe(200)
  expect((await api.call('DELETE', url)).status).toBe(400)
  expect(calls).toEqual([
    ['c', shown],
    ['c', '80/tcp', { hostIp: undefined, hostPort: 8080 }],
  ])
})
