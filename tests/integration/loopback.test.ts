import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { StandbyReport } from '../../contract/ramet.ts'
import type { TestEngine } from '../support/engine.ts'
import { until } from '../support/fixture.ts'
import { frameTo, PROTOCOLS, type Protocol } from '../support/frames.ts'
import {
  LEADING_IN,
  listenEverywhere,
  OUTSIDE,
  OUTSIDE4,
  type Listeners,
} from '../support/loopback-listeners.ts'
import { useNetEngine } from '../support/net-fixture.ts'

/**
 * What listens on the workstation's loopback is out of reach of root in a VM, which has no rules of its own to obey: it
 * sends frames as it likes. What is allowed is tried by the same means, so that they are known to work.
 */
let engine: TestEngine
let listeners: Listeners

const { ramet, inside, start } = useNetEngine((fixture) => ({ engine } = fixture))

/** A privileged container that asks the loopback, and what it may reach, over and over; whatever becomes of the engine. */
async function run(name: string, ...flags: string[]): Promise<void> {
  const asks = ['10.0.2.2', '10.0.2.3', OUTSIDE4]
    .map((to) => `nc -w 2 ${to} ${listeners.port} </dev/null; `)
    .join('')
  const script = `nc -ll -p 80 -e echo here & net-tool echo 53 & while :; do ${asks}sleep 1; done`
  await start(name, script, '--privileged', ...flags)
}

const send = (to: string, protocol: Protocol): string =>
  `net-tool send eth0 ${frameTo(to, protocol, listeners.port, `udp ${to}`)}`

/** Whatever a container tries nothing comes to the loopback; and it does come to where it may. */
async function expectBarred(name: string): Promise<void> {
  const barred = LEADING_IN.flatMap((to) => PROTOCOLS.map((protocol) => send(to, protocol)))
  const allowed = OUTSIDE.flatMap((to) => PROTOCOLS.map((protocol) => send(to, protocol)))
  const script = [
    // The frames' own, then the kernel's ways: with the loopback behind the NAT, and version 6 on.
    ...barred,
    'sysctl -q -w net.ipv4.conf.all.route_localnet=1 net.ipv6.conf.eth0.disable_ipv6=0',
    'ip addr flush dev lo; ip route flush table local 127.0.0.0/8; ip route add 127.0.0.0/8 via 10.0.2.2',
    'ip -6 addr add fec0::15/64 dev eth0 nodad; ip -6 route add default via fec0::2 dev eth0',
    ...['127.0.0.1', 'fec0::2', '10.0.2.2'].map((to) => `nc -w 3 ${to} ${listeners.port} </dev/null`),
    ...['10.0.2.2', '10.0.2.3', 'fec0::3'].map((to) => `net-tool ask ${to} ${listeners.port} asked`),
    ...allowed,
  ].join('\n')
  listeners.arrived.length = 0
  expect(await inside(name, 'sh', '-c', script)).toMatchObject({ code: 0 })
  const wanted = OUTSIDE.flatMap((to) => PROTOCOLS.map((protocol) => `${protocol} ${to}`))
  await until('what is allowed to arrive', () => Promise.resolve(wanted.every((each) => listeners.arrived.includes(each)))) // prettier-ignore
  expect(listeners.arrived.filter((each) => !wanted.includes(each))).toEqual([])
}

const standby = async (): Promise<StandbyReport> =>
  JSON.parse((await engine.get('/ramet/v1/standby')).body) as StandbyReport

async function said(at: number): Promise<string> {
  let text = ''
  await until('an answer of a published port', async () => {
    const socket = connect(at, '127.0.0.1').on('data', (data) => (text += String(data)))
    // Reset, where nobody listens yet.
    await once(socket, 'close').catch(() => {})
    return text !== ''
  })
  return text
}

beforeAll(async () => {
  expect(OUTSIDE4, 'this machine has no address but those of its loopback').toBeDefined()
  listeners = await listenEverywhere()
})

afterAll(() => listeners?.[Symbol.asyncDispose]())

test('nothing of the loopback is reached by a clone, its fork, or while no engine runs', async () => {
  await run('root', '-p', '80')
  await expectBarred('root')
  expect(await ramet('fork', 'root', '--name', 'heir', '-P')).toMatchObject({ code: 0 })
  await expectBarred('heir')
  expect(await said(await engine.portOf('heir', '80/tcp'))).toBe('here\n')
  await engine.down('SIGKILL')
  listeners.arrived.length = 0
  const [allowed] = [`tcp ${OUTSIDE4}`]
  // Both ask, each once a second or two.
  await until('what is allowed to go on', () => Promise.resolve(listeners.arrived.filter((each) => each === allowed).length >= 6)) // prettier-ignore
  expect(listeners.arrived.filter((each) => each !== allowed)).toEqual([])
  await engine.up()
  await expectBarred('root')
  expect(await said(await engine.portOf('root', '80/tcp'))).toBe('here\n')
  expect(await ramet('rm', '-f', 'root', 'heir')).toMatchObject({ code: 0 })
})

test('a clone that waited reaches the ports that are named, then no others', async () => {
  expect(await ramet('standby', '--count', '1')).toMatchObject({ code: 0 })
  await run('first')
  await until('a clone to wait', async () => (await standby()).waiting.length === 1)
  const before = (await standby()).hits
  const host = [
    '--add-host',
    'host.docker.internal:host-gateway',
    '--label',
    `ramet.host.ports=${listeners.port}`,
  ]
  await run('asks', ...host, '-p', '53/udp')
  expect((await standby()).hits).toBe(before + 1)
  expect((await inside('asks', 'nc', '-w', '5', 'host.docker.internal', String(listeners.port))).stdout).toBe(
    'reached',
  )
  for (const address of ['10.0.2.3', '::ffff:10.0.2.3', 'fec0::2']) {
    expect((await inside('asks', 'nc', '-w', '5', address, String(listeners.port))).stdout, address).toBe('')
  }
  expect(await ramet('standby', '--count', '0')).toMatchObject({ code: 0 })
  // It would go on to ask for what it may have.
  expect(await ramet('rm', '-f', 'asks')).toMatchObject({ code: 0 })
  await expectBarred('first')
  expect(await ramet('rm', '-f', 'first')).toMatchObject({ code: 0 })
})

test('names are asked for at the name server, whatever the container is', async () => {
  await run('asks-names')
  const { stdout } = await inside(
    'asks-names',
    'nslookup',
    '-type=a',
    'localhost.localdomain.invalid',
    '10.0.2.3',
  )
  // Any answer will do: which one is for the workstation's name server to say.
  expect(stdout).toMatch(/Server:\s+10\.0\.2\.3/)
  expect(stdout).not.toContain('timed out')
  expect(await ramet('rm', '-f', 'asks-names')).toMatchObject({ code: 0 })
})
