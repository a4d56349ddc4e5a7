import { afterEach, beforeEach, expect, test } from 'vitest'
import { FakeEngine } from '../testing/fake-engine.ts'
import { ramet } from '../testing/ramet.ts'

let engine: FakeEngine

beforeEach(async () => (engine = await FakeEngine.start()))
afterEach(() => engine[Symbol.asyncDispose]())

const PORTS = '/ramet/v1/containers/web/ports'

test('ports are listed, added and removed', async () => {
  const Ports = { '80/tcp': [{ HostIp: '127.0.0.1', HostPort: '8080' }], '90/tcp': null }
  engine.json('GET /containers/web/json', 200, { NetworkSettings: { Ports } })
  engine.json(`POST ${PORTS}`, 200, Ports)
  engine.json(`DELETE ${PORTS}`, 200, {})
  const shown = { code: 0, stdout: '80/tcp -> 127.0.0.1:8080\n', stderr: '' }
  expect(await ramet(engine, 'port', 'web')).toEqual(shown)
  expect(await ramet(engine, 'port', 'add', 'web', '8080:80', '53/udp')).toEqual(shown)
  expect(JSON.parse(engine.calls.at(-1)!.body)).toEqual({
    PortBindings: {
      '80/tcp': [{ HostIp: '', HostPort: '8080' }],
      '53/udp': [{ HostIp: '', HostPort: '' }],
    },
  })
  expect(await ramet(engine, 'port', 'rm', 'web', '0.0.0.0:8080:80', '90')).toMatchObject({ code: 0 })
  const queries = engine.calls
    .filter(({ what }) => what.startsWith('DELETE'))
    .map(({ query }) => String(query))
  expect(queries).toEqual(['port=80%2Ftcp&hostIp=0.0.0.0&hostPort=8080', 'port=90%2Ftcp'])
  expect((await ramet(engine, 'port', 'rm', 'web', '80-90:80')).stderr).toContain('not one port')
})
