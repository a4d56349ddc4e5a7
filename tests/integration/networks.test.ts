import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Network } from '../../contract/docker-networks.ts'
import type { TestEngine } from '../support/engine.ts'
import { until } from '../support/fixture.ts'
import { arpReply, packet } from '../support/frames.ts'
import { useNetEngine } from '../support/net-fixture.ts'
import { AS_USER } from '../support/tags.ts'

/** Two networks of three containers each, on real VMs; `a1` is hostile. */
let engine: TestEngine

const { ramet, inside, start } = useNetEngine((fixture) => ({ engine } = fixture))

const fine = (stdout: RegExp) => ({ code: 0, stdout: expect.stringMatching(stdout) as string })

/** Starts a container, and waits until all listen that are to. */
async function run(name: string, network: string, ...flags: string[]): Promise<void> {
  const script = `net-tool echo 53530 & net-tool sink 9000 & nc -ll -p 80 -e echo here is ${name} & exec sleep 100000`
  expect(await start(name, script, '--network', network, ...flags)).toBe('')
  await until(`${name} listens`, async () => {
    const { stdout } = await inside(name, 'netstat', '-tuln')
    return [':53530 ', ':9000 ', ':80 '].every((port) => stdout.includes(port))
  })
}

const endpoint = async (name: string, network: string) =>
  (await engine.inspect(name)).NetworkSettings.Networks[network]!

beforeAll(async () => {
  const subnets = ['--subnet', '172.30.0.0/16', '--subnet', 'fd00:a::/64']
  expect(await ramet('network', 'create', '--ipv6', ...subnets, 'a')).toMatchObject({ code: 0 })
  expect(await ramet('network', 'create', '--ipv6', 'b')).toMatchObject({ code: 0 })
  await run('a1', 'a', '--privileged')
  await run('a2', 'a', '--network-alias', 'both')
  await run('a3', 'a', '--network-alias', 'both', '--ip', '172.30.255.7')
  for (const name of ['b1', 'b2', 'b3']) await run(name, 'b')
})

describe('inside a network', () => {
  test.each(['a2', 'a3', 'a2.a'])('%s is found, and reached by ping, TCP and UDP', async (name) => {
    expect(await inside('a1', 'nslookup', name)).toMatchObject(fine(/Address: \d/))
    expect(await inside('a1', 'ping', '-4', '-c', '2', '-W', '5', name)).toMatchObject(
      fine(/ 0% packet loss/),
    )
    expect(await inside('a1', 'ping', '-6', '-c', '2', '-W', '5', name)).toMatchObject(
      fine(/ 0% packet loss/),
    )
    expect(await inside('a1', 'net-tool', 'ask', name, '53530', 'hello')).toMatchObject(fine(/^hello$/m))
    expect(await inside('a1', 'nc', '-w', '5', name, '80')).toMatchObject(fine(/^here is a/))
  })

  test('an alias that two bear leads to both, each in its turn', async () => {
    const found = new Set<string>()
    for (let turn = 0; turn < 4; turn++) {
      const { stdout } = await inside('a1', 'nslookup', '-type=a', 'both')
      const addresses = stdout.split('\n').filter((line) => /^Address: \d/.test(line))
      expect(addresses).toHaveLength(2)
      found.add(addresses[0]!)
    }
    expect(found.size).toBe(2)
  })

  test('addresses lead back to names', async () => {
    const { IPAddress } = await endpoint('a2', 'a')
    expect(await inside('a1', 'nslookup', IPAddress!)).toMatchObject(fine(/name = a2\.a/))
  })

  test('a container calls itself by its address there, and has a way out beside it', async () => {
    const { IPAddress } = await endpoint('a2', 'a')
    expect((await inside('a2', 'hostname', '-i')).stdout.trim()).toBe(IPAddress)
    expect((await inside('a2', 'ip', 'route')).stdout).toMatch(/^default via 10\.0\.2\.2 dev nat0/)
  })
})

test('an address that was asked for is given', async () => {
  expect((await endpoint('a3', 'a')).IPAddress).toBe('172.30.255.7')
})

/** How many frames have come to a container over its network. */
const received = async (name: string): Promise<string> =>
  (await inside(name, 'cat', '/sys/class/net/eth0/statistics/rx_packets')).stdout

/** How often a container was asked for an echo. */
async function echoes(name: string): Promise<string> {
  const { stdout } = await inside(
    name,
    'sh',
    '-c',
    'grep ^IcmpMsg /proc/net/snmp; grep Icmp6InEchos /proc/net/snmp6',
  )
  return stdout
}

describe('across networks', () => {
  test('no name is known, and no address answers', async () => {
    const { IPAddress, GlobalIPv6Address } = await endpoint('b1', 'b')
    expect((await inside('a1', 'nslookup', 'b1')).stdout).not.toMatch(/Address: (172|fd)/)
    for (const address of [IPAddress!, GlobalIPv6Address!]) {
      // What is for other networks leaves by the NAT, and somebody out there may answer: not this container.
      const before = await echoes('b1')
      await inside('a2', 'ping', '-c', '1', '-W', '2', address)
      expect(await echoes('b1')).toBe(before)
      expect((await inside('a2', 'nc', '-w', '2', address, '80')).stdout).not.toContain('here is')
      expect((await inside('a2', 'net-tool', 'ask', address, '53530', 'me')).stdout).not.toContain('me')
    }
  })

  test.each([
    ['a', 'b'],
    ['b', 'a'],
  ])('nothing of any in %s comes to any in %s', async (from, to) => {
    const [here, there] = [from, to].map((network) => [1, 2, 3].map((number) => `${network}${number}`))
    const ends = await Promise.all(there!.map((name) => endpoint(name, to)))
    const addresses = ends.flatMap(({ IPAddress, GlobalIPv6Address }) => [IPAddress!, GlobalIPv6Address!])
    const before = await Promise.all(there!.map(received))
    const script = `for address in ${addresses.join(' ')}; do
      ping -c 1 -W 2 $address & nc -w 2 $address 80 & net-tool ask $address 53530 me &
    done >/tmp/answers 2>/dev/null; wait; grep 'here is' /tmp/answers`
    for (const name of here!) expect((await inside(name, 'sh', '-c', script)).stdout).toBe('')
    expect(await Promise.all(there!.map(received))).toEqual(before)
    await inside(there![1]!, 'ping', '-c', '1', '-W', '5', ends[0]!.IPAddress!)
    expect(await received(there![0]!)).not.toBe(before[0])
  })

  test('nor where a hostile guest takes the addresses there for neighbours of its own', async () => {
    const { IPAddress, MacAddress } = await endpoint('b1', 'b')
    expect(await inside('a1', 'ip', 'route', 'add', `${IPAddress}/32`, 'dev', 'eth0')).toMatchObject({
      code: 0,
    })
    expect((await inside('a1', 'arping', '-c', '2', '-w', '3', '-I', 'eth0', IPAddress!)).code).not.toBe(0)
    await inside('a1', 'ip', 'neigh', 'replace', IPAddress!, 'lladdr', MacAddress!, 'dev', 'eth0')
    expect((await inside('a1', 'ping', '-c', '1', '-W', '2', IPAddress!)).code).not.toBe(0)
    const before = await received('b1')
    expect((await inside('a1', 'net-tool', 'scan', IPAddress!, '50')).stdout).toBe('0\n')
    expect(await received('b1')).toBe(before)
    // A neighbour's two ports are found so.
    expect((await inside('a1', 'net-tool', 'scan', 'a3', '5000')).stdout).toBe('2\n')
    await inside('a1', 'ip', 'route', 'del', `${IPAddress}/32`, 'dev', 'eth0')
  })
})

describe('a hostile guest', () => {
  /** Of frames with `text` that `name` heard from when `a1` began to send until `last` of its network sent the last. */
  async function heard(name: string, text: string, frames: string[], last = 'a1'): Promise<number> {
    const [to, from] = await Promise.all([name, last].map((each) => endpoint(each, name[0]!)))
    const end = packet({
      to: to!.MacAddress!,
      from: from!.MacAddress!,
      source: from!.IPAddress!,
      target: to!.IPAddress!,
      text: 'the end',
    })
    const sockets = async (): Promise<number> => (await inside(name, 'cat', '/proc/net/packet')).stdout.split('\n').length // prettier-ignore
    const before = await sockets()
    const listening = inside(name, 'net-tool', 'listen', 'eth0', text, 'the end')
    await until(`${name} listens`, async () => (await sockets()) > before)
    for (const frame of frames) {
      expect(await inside('a1', 'net-tool', 'send', 'eth0', frame, '3')).toMatchObject({ code: 0 })
    }
    expect(await inside(last, 'net-tool', 'send', 'eth0', end)).toMatchObject({ code: 0 })
    const { code, stdout } = await listening
    expect(code).toBe(0)
    return Number(stdout)
  }

  test('is heard as itself, and not as another, by nobody', async () => {
    const [own, neighbour, victim] = await Promise.all(['a1', 'a2', 'a3'].map((name) => endpoint(name, 'a')))
    const honest = {
      to: victim!.MacAddress!,
      from: own!.MacAddress!,
      source: own!.IPAddress!,
      target: victim!.IPAddress!,
      text: 'honest',
    }
    expect(await heard('a3', 'honest', [packet(honest)])).toBe(3)
    const forged = [
      packet({ ...honest, text: 'forged', from: neighbour!.MacAddress! }),
      packet({ ...honest, text: 'forged', source: neighbour!.IPAddress! }),
      packet({ ...honest, text: 'forged', source: '8.8.8.8' }),
      packet({ ...honest, text: 'forged', to: 'ff:ff:ff:ff:ff:ff' }),
      // An answer that nobody asked for: a2 is said to be here.
      arpReply({ ...honest, text: 'forged', source: neighbour!.IPAddress! }),
    ]
    expect(await heard('a3', 'forged', forged)).toBe(0)
  })

  test('reaches no other network, to one or to all', async () => {
    const [own, far] = [await endpoint('a1', 'a'), await endpoint('b1', 'b')]
    const across = { from: own.MacAddress!, source: own.IPAddress!, target: far.IPAddress!, text: 'across' }
    const frames = [
      packet({ ...across, to: far.MacAddress! }),
      packet({ ...across, to: far.MacAddress!, source: (await endpoint('b2', 'b')).IPAddress! }),
      packet({ ...across, to: 'ff:ff:ff:ff:ff:ff', target: '255.255.255.255' }),
      packet({ ...across, to: '01:00:5e:00:00:fb', target: '224.0.0.251' }),
    ]
    expect(await heard('b1', 'across', frames, 'b2')).toBe(0)
  })

  test('is heard by its own network where it calls to all', async () => {
    const own = await endpoint('a1', 'a')
    const frame = packet({
      from: own.MacAddress!,
      source: own.IPAddress!,
      to: '01:00:5e:00:00:fb',
      target: '224.0.0.251',
      text: 'to all',
    })
    expect(await heard('a3', 'to all', [frame])).toBe(3)
  })

  test('that floods keeps nobody else from being heard', async () => {
    const [own, victim] = [await endpoint('a1', 'a'), await endpoint('a3', 'a')]
    const frame = packet({
      from: own.MacAddress!,
      source: own.IPAddress!,
      to: victim.MacAddress!,
      target: victim.IPAddress!,
      text: 'x'.repeat(900),
    })
    const flood = inside('a1', 'net-tool', 'send', 'eth0', frame, '200000')
    expect(await inside('a2', 'ping', '-c', '5', '-W', '10', 'a3')).toMatchObject(fine(/ 0% packet loss/))
    await flood
  })
})

test(
  'containers join and leave while they run; the last way out takes the NAT with it',
  AS_USER,
  async () => {
    const call = (what: string, network: string, container: string) =>
      engine.call('POST', `/networks/${network}/${what}`, { Container: container })
    expect((await inside('b1', 'nslookup', 'a2')).stdout).not.toMatch(/Address: 172/)
    expect(await call('connect', 'a', 'b1')).toMatchObject({ status: 200 })
    expect(await inside('b1', 'ping', '-4', '-c', '1', '-W', '5', 'a2')).toMatchObject(
      fine(/ 0% packet loss/),
    )
    expect(await inside('a2', 'ping', '-4', '-c', '1', '-W', '5', 'b1')).toMatchObject(
      fine(/ 0% packet loss/),
    )
    expect(await inside('b2', 'ping', '-4', '-c', '1', '-W', '5', 'b1')).toMatchObject(
      fine(/ 0% packet loss/),
    )
    expect((await call('connect', 'a', 'b1')).status).toBe(403)
    expect(await call('disconnect', 'a', 'b1')).toMatchObject({ status: 200 })
    expect((await inside('b1', 'nslookup', 'a2')).stdout).not.toMatch(/Address: 172/)
    expect((await inside('b1', 'ip', 'addr')).stdout).not.toContain('eth1')
    await engine.call('POST', '/networks/create', { Name: 'in', Internal: true })
    expect(await call('connect', 'in', 'b1')).toMatchObject({ status: 200 })
    expect(await call('disconnect', 'b', 'b1')).toMatchObject({ status: 200 })
    expect((await inside('b1', 'ip', 'route')).stdout).not.toContain('default')
    expect(await call('connect', 'b', 'b1')).toMatchObject({ status: 200 })
    expect((await inside('b1', 'ip', 'route')).stdout).toContain('default via 10.0.2.2')
    expect(await call('disconnect', 'in', 'b1')).toMatchObject({ status: 200 })
    expect(await engine.call('DELETE', '/networks/in')).toMatchObject({ status: 204 })
    const refused = await engine.call('DELETE', '/networks/b')
    expect(refused.status).toBe(403)
    expect(refused.body).toContain('has active endpoints')
  },
)

test('an internal network has no way out, whatever its guest does', async () => {
  await engine.call('POST', '/networks/create', { Name: 'closed', Internal: true })
  await run('inner', 'closed', '--privileged')
  expect((await inside('inner', 'ip', 'route')).stdout).not.toContain('default')
  // The NIC of the NAT is there: a guest may bring it up.
  const up = 'ip link set nat0 up; ip addr add 10.0.2.15/24 dev nat0; ip route add default via 10.0.2.2; true'
  expect(await inside('inner', 'sh', '-c', up)).toMatchObject({ code: 0 })
  expect((await inside('inner', 'arping', '-c', '2', '-w', '3', '-I', 'nat0', '10.0.2.2')).code).not.toBe(0)
  expect((await inside('inner', 'nslookup', 'example.org', '10.0.2.3')).code).not.toBe(0)
  expect(await ramet('rm', '-f', 'inner')).toMatchObject({ code: 0 })
})

test('traffic goes on while no engine runs, and the next one takes the networks up', AS_USER, async () => {
  const script = 'while :; do ping -4 -c 1 -W 10 a2 >/dev/null && echo yes || echo no; done'
  await start('talker', script, '--network', 'a')
  const said = async (): Promise<string[]> => (await ramet('logs', 'talker')).stdout.trim().split('\n')
  await until('it talks', async () => (await said()).length > 3)
  const { Id } = JSON.parse((await engine.get('/networks/a')).body) as Network
  const pid = (): string => readFileSync(`${engine.home}/run/net/${Id.slice(0, 12)}/pid`, 'utf8')
  const before = pid()
  const { LogPath } = await engine.inspect('talker')
  const answers = (): number => readFileSync(LogPath, 'latin1').split('yes').length
  await engine.down('SIGKILL')
  const heard = answers()
  await until('it talks on', async () => answers() > heard + 2)
  await engine.up()
  expect(new Set(await said())).toEqual(new Set(['yes']))
  expect(pid()).toBe(before)
  // A switch that dies is started again, and its members are as they were.
  process.kill(Number(before), 'SIGKILL')
  await until('another switch', async () => pid() !== before)
  // It is there a little before it knows its members.
  await until('its members', async () => (await inside('talker', 'ping', '-4', '-c', '1', '-W', '2', 'a2')).code === 0) // prettier-ignore
  expect(await inside('talker', 'ping', '-4', '-c', '2', '-W', '10', 'a2')).toMatchObject(
    fine(/ 0% packet loss/),
  )
  expect(await ramet('rm', '-f', 'talker')).toMatchObject({ code: 0 })
})
