import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { TestEngine } from '../support/engine.ts'
import { until } from '../support/fixture.ts'
import { useNetEngine } from '../support/net-fixture.ts'
import { listenAtOnePort } from '../support/shared-port.ts'
import { AS_USER } from '../support/tags.ts'

/** What leads into containers and out of them: published ports, ports of the host. */
let engine: TestEngine
let image: string
const servers: Server[] = []

const { ramet, inside, start } = useNetEngine((fixture) => ({ engine, image } = fixture))

const run = (name: string, ...flags: string[]): Promise<string> =>
  start(
    name,
    'net-tool echo 53 & net-tool sink 9000 & nc -ll -p 80 -e echo here & exec sleep 100000',
    ...flags,
  )

/** A server on the host's loopback; answers its port. */
async function serve(text: string): Promise<number> {
  const server = createServer((socket) => socket.end(text)).listen(0, '127.0.0.1')
  servers.push(server)
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

/**
 * What is said at a port of this machine, once something is; or that nothing listens there. It is published before
 * somebody listens in the guest: a connection is reset or closed until then.
 */
async function askTcp(port: number): Promise<string> {
  let said = ''
  await until('an answer', async () => {
    const socket = connect(port, '127.0.0.1').on('data', (data) => (said += String(data)))
    await Promise.race([once(socket, 'end'), once(socket, 'close')]).catch(({ code }: { code: string }) => {
      if (code === 'ECONNREFUSED') said = code
    })
    socket.destroy()
    return said !== ''
  })
  return said
}

/** What is answered to a datagram to a port of this machine, from a socket of its own. */
async function askUdp(port: number, text: string): Promise<string> {
  const socket = createSocket('udp4')
  let said = ''
  socket.on('message', (data) => (said = String(data)))
  await until(`an answer to ${text}`, () => {
    if (said === '') socket.send(text, port, '127.0.0.1')
    return Promise.resolve(said !== '')
  })
  socket.close()
  return said
}

beforeAll(async () => expect(await ramet('network', 'create', 'n')).toMatchObject({ code: 0 }))

afterAll(() => servers.forEach((server) => server.close()))

test(
  'ports are published on a network too, outlive an engine, and are free after the end',
  AS_USER,
  async () => {
    await run('web', '--network', 'n', '-p', '80', '-p', '53/udp')
    const [tcp, udp] = [await engine.portOf('web', '80/tcp'), await engine.portOf('web', '53/udp')]
    const said = ['one', 'two', 'three']
    expect(await askTcp(tcp)).toBe('here\n')
    expect(await Promise.all(said.map((each) => askUdp(udp, each)))).toEqual(said)
    await engine.down('SIGKILL')
    expect(await askTcp(tcp)).toBe('here\n')
    expect(await askUdp(udp, 'four')).toBe('four')
    await engine.up()
    expect([await engine.portOf('web', '80/tcp'), await engine.portOf('web', '53/udp')]).toEqual([tcp, udp])
    expect(await askTcp(tcp)).toBe('here\n')
    expect(await askUdp(udp, 'five')).toBe('five')
    expect(await ramet('rm', '-f', 'web')).toMatchObject({ code: 0 })
    expect(await askTcp(tcp)).toBe('ECONNREFUSED')
  },
)

test(
  'of the host only the ports that are named are reached, and only where it is asked for',
  AS_USER,
  async () => {
    const [named, other] = [await serve('named'), await serve('other')]
    const host = ['--add-host', 'host.docker.internal:host-gateway']
    const label = ['--label', `ramet.host.ports=${named}`]
    await run('asks', '--network', 'n', ...host, ...label)
    await run('silent', ...label)
    const reach = async (name: string, port: number): Promise<string> =>
      (
        await inside(
          name,
          'nc',
          '-w',
          '5',
          name === 'asks' ? 'host.docker.internal' : '10.0.2.2',
          String(port),
        )
      ).stdout
    expect(await reach('asks', named)).toBe('named')
    expect(await reach('asks', other)).toBe('')
    expect(await reach('silent', named)).toBe('')
    // The name server is the workstation's own, perhaps on its loopback; other addresses there are its loopback as well.
    for (const address of ['10.0.2.3', '::ffff:10.0.2.3', '10.0.2.77']) {
      const { code, stdout } = await inside('asks', 'nc', '-w', '5', address, String(named))
      expect([code, stdout], address).toEqual([1, ''])
    }
    const warned = await ramet('create', ...host, image)
    expect(warned.stderr).toContain('no port of the host can be reached at host-gateway')
    expect(await ramet('rm', '-f', 'asks', 'silent')).toMatchObject({ code: 0 })
  },
)

test('who asks a published UDP port is answered, and no datagram goes to the host unasked', async () => {
  const heard: string[] = []
  const {
    port,
    tcp,
    udp: services,
  } = await listenAtOnePort('127.0.0.1', {
    tcp: (socket) => void socket.end('tcp'),
    udp: () => [createSocket('udp4').on('message', (data) => heard.push(String(data)))],
  })
  servers.push(tcp)
  const service = services[0]!
  await run('echo', '-p', '53/udp', '-p', '80')
  const udp = await engine.portOf('echo', '53/udp')
  expect(await askUdp(udp, 'who')).toBe('who')
  for (const host of ['10.0.2.2', '::ffff:10.0.2.2']) {
    expect((await inside('echo', 'net-tool', 'ask', host, String(port), 'unasked')).code).toBe(1)
  }
  expect(heard).toEqual([])
  // It asks now, and is answered, by datagrams alone: what listens at that number otherwise stays out of reach.
  await until('an answer', () => {
    service.send('asked', udp, '127.0.0.1')
    return Promise.resolve(heard.length > 0)
  })
  expect(heard[0]).toBe('asked')
  expect((await inside('echo', 'nc', '-w', '5', '10.0.2.2', String(port))).stdout).toBe('')
  service.close()
  expect(await ramet('rm', '-f', 'echo')).toMatchObject({ code: 0 })
})

test('ports are published and taken back while a container runs, whatever becomes of the engine', async () => {
  await run('live')
  const added = await ramet('port', 'add', 'live', '80', '53/udp')
  expect(added).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^80\/tcp -> 127.0.0.1:\d+\n53\/udp -> /),
  })
  const [tcp, udp] = [await engine.portOf('live', '80/tcp'), await engine.portOf('live', '53/udp')]
  expect(await askTcp(tcp)).toBe('here\n')
  expect(await ramet('port', 'add', 'live', `${tcp}:80`)).toMatchObject({ code: 1 })
  await engine.down('SIGKILL')
  await engine.up()
  expect(await askUdp(udp, 'again')).toBe('again')
  expect(await ramet('port', 'remove', 'live', `${tcp}:80`)).toMatchObject({ code: 0 })
  expect(await askTcp(tcp)).toBe('ECONNREFUSED')
  expect(await ramet('port', 'live')).toMatchObject({ stdout: `53/udp -> 127.0.0.1:${udp}\n` })
  expect(await ramet('restart', '-t', '0', 'live')).toMatchObject({ code: 0 })
  expect(Object.keys((await engine.inspect('live')).NetworkSettings.Ports)).toEqual(['53/udp'])
  expect(await ramet('rm', '-f', 'live')).toMatchObject({ code: 0 })
})

test('without any network nothing leads in or out', async () => {
  const created = await ramet('create', '--network', 'none', '-p', '80', image)
  expect(created.stderr).toContain('its ports are not published')
  await run('alone', '--network', 'none', '--privileged')
  expect((await inside('alone', 'ip', 'route')).stdout).toBe('')
  expect((await inside('alone', 'ping', '-c', '1', '127.0.0.1')).code).toBe(0)
  await inside('alone', 'sh', '-c', 'ip link set nat0 up; ip addr add 10.0.2.15/24 dev nat0')
  expect((await inside('alone', 'arping', '-c', '2', '-w', '3', '-I', 'nat0', '10.0.2.2')).code).not.toBe(0)
  expect(await ramet('rm', '-f', 'alone')).toMatchObject({ code: 0 })
})
