import { afterEach, beforeEach, expect, test } from 'vitest'
import { FakeEngine } from '../testing/fake-engine.ts'
import { ramet } from '../testing/ramet.ts'

let engine: FakeEngine

beforeEach(async () => (engine = await FakeEngine.start()))
afterEach(() => engine[Symbol.asyncDispose]())

const sent = (what: string): unknown => JSON.parse(engine.calls.find((call) => call.what === what)!.body)

test('create says what was asked for, subnets with their gateways', async () => {
  engine.json('POST /networks/create', 201, { Id: 'abc', Warning: 'mind this' })
  const flags = ['--subnet', '10.9.0.0/24', '--gateway', '10.9.0.254', '--subnet', 'fd00::/64', '--ipv6']
  const made = await ramet(
    engine,
    'network',
    'create',
    ...flags,
    '--internal',
    '-o',
    'a=b',
    '--label',
    'c',
    'mine',
  )
  expect(made).toEqual({ code: 0, stdout: 'abc\n', stderr: 'ramet: mind this\n' })
  expect(sent('POST /networks/create')).toMatchObject({
    Name: 'mine',
    EnableIPv6: true,
    Internal: true,
    IPAM: { Config: [{ Subnet: '10.9.0.0/24', Gateway: '10.9.0.254' }, { Subnet: 'fd00::/64' }] },
    Options: { a: 'b' },
    Labels: { c: '' },
  })
})

test('connect, disconnect, prune', async () => {
  engine.json('POST /networks/mine/connect', 200)
  engine.json('POST /networks/mine/disconnect', 200)
  engine.json('POST /networks/prune', 200, { NetworksDeleted: ['old'] })
  expect(
    await ramet(engine, 'network', 'connect', '--alias', 'db', '--ip', '10.9.0.9', 'mine', 'web'),
  ).toMatchObject({
    code: 0,
  })
  expect(sent('POST /networks/mine/connect')).toEqual({
    Container: 'web',
    EndpointConfig: { Aliases: ['db'], IPAMConfig: { IPv4Address: '10.9.0.9' } },
  })
  expect(await ramet(engine, 'network', 'disconnect', 'mine', 'web')).toMatchObject({ code: 0 })
  expect(await ramet(engine, 'network', 'prune', '--filter', 'label=a')).toMatchObject({ stdout: 'old\n' })
  expect(engine.calls.at(-1)!.query.get('filters')).toBe('{"label":["a"]}')
})

test('reach shows who reaches whom', async () => {
  const row = { id: '1', running: true, networks: ['mine'], outside: true, hostPorts: [], published: [] }
  engine.json('GET /ramet/v1/networks/reach', 200, [
    {
      ...row,
      name: 'web',
      reaches: [{ id: '2', name: 'db', networks: ['mine'] }],
      published: ['127.0.0.1:80->80/tcp'],
    },
    { ...row, name: 'db', running: false, reaches: [], outside: false, hostPorts: [5432] },
  ])
  const { stdout } = await ramet(engine, 'network', 'reach')
  const cells = stdout.trim().split('\n').map((line) => line.split(/ {2,}/)) // prettier-ignore
  expect(cells.slice(1)).toEqual([
    ['web', 'mine', 'db', 'yes', '-', '127.0.0.1:80->80/tcp'],
    ['db (not running)', 'mine', '-', 'no', '5432', '-'],
  ])
})

test('rates shows what goes through, and the bounds', async () => {
  const figures = { sentBytes: 5e6, receivedBytes: 0, refusedFrames: 1, droppedFrames: 2, container: '1' }
  const now = { sentBytesPerSecond: 2500, receivedBytesPerSecond: 0 }
  engine.json('GET /ramet/v1/networks/rates', 200, [
    { ...figures, ...now, name: 'web', network: 'nat', limitBitsPerSecond: 20e6 },
    { ...figures, ...now, name: 'web', network: 'mine', limitBitsPerSecond: 0 },
  ])
  const { stdout } = await ramet(engine, 'network', 'rates')
  const cells = stdout.trim().split('\n').map((line) => line.split(/ {2,}/)) // prettier-ignore
  expect(cells.slice(1)).toEqual([
    ['web', 'nat', '2.5kB/s', '0B/s', '2.5MB/s', '5MB', '0B', '1', '2'],
    ['web', 'mine', '2.5kB/s', '0B/s', '-', '5MB', '0B', '1', '2'],
  ])
})

test('rates shows those that are named', async () => {
  const row = { sentBytes: 0, receivedBytes: 0, sentBytesPerSecond: 0, receivedBytesPerSecond: 0 }
  const rest = { network: 'mine', limitBitsPerSecond: 0, refusedFrames: 0, droppedFrames: 0 }
  const rows = ['one', 'two'].map((name, at) => ({ ...row, ...rest, name, container: `${at}abc` }))
  engine.json('GET /ramet/v1/networks/rates', 200, rows)
  for (const which of ['two', '1a']) {
    const { stdout } = await ramet(engine, 'network', 'rates', '--json', which)
    expect(JSON.parse(stdout)).toEqual([rows[1]])
  }
})

test('update changes the rate, with limits or alone', async () => {
  engine.json('POST /ramet/v1/containers/web/rate', 204)
  engine.json('POST /containers/web/update', 200, { Warnings: [] })
  expect(await ramet(engine, 'update', '--net-rate', '20mbit', 'web')).toMatchObject({ stdout: 'web\n' })
  expect(await ramet(engine, 'update', '--net-rate', 'none', '--cpus', '1', 'web')).toMatchObject({ code: 0 })
  const rates = engine.calls.filter(({ what }) => what.endsWith('/rate')).map(({ body }) => body)
  expect(rates).toEqual(['{"rate":"20mbit"}', '{"rate":""}'])
  expect(engine.asked.at(-1)).toBe('POST /containers/web/update')
})

test('run names the network, its aliases and addresses', async () => {
  engine.json('POST /containers/create', 201, { Id: 'c1', Warnings: [] })
  const flags = ['--network', 'mine', '--network-alias', 'db', '--ip', '10.9.0.9', '--ip6', 'fd00::9']
  expect(await ramet(engine, 'create', ...flags, '--network', 'other', 'img')).toMatchObject({ code: 0 })
  expect(sent('POST /containers/create')).toMatchObject({
    HostConfig: { NetworkMode: 'mine' },
    NetworkingConfig: {
      EndpointsConfig: {
        mine: { Aliases: ['db'], IPAMConfig: { IPv4Address: '10.9.0.9', IPv6Address: 'fd00::9' } },
        other: {},
      },
    },
  })
  expect((await ramet(engine, 'create', '--ip', '10.9.0.9', 'img')).stderr).toContain('--network')
})
