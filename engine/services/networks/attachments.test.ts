import { describe, expect, test } from 'vitest'
import type { ContainerRecord } from '../containers/record.ts'
import type { VirtualMachine } from '../../hypervisor/virtual-machine.ts'
import type { SwitchMember, Switches } from '../../switch/switches.ts'
import { Attachments } from './attachments.ts'
import {
  attachmentsOf,
  connectionsOf,
  container,
  containers,
  eachWithoutNetworks,
  inNetwork,
  open,
} from './test-networks.ts'

eachWithoutNetworks()

describe('containers in them', () => {
  test('one that runs has its place, and the network cannot be removed meanwhile', async () => {
    const networks = await open()
    await networks.create({ Name: 'mine', IPAM: { Config: [{ Subnet: '10.9.0.0/29' }] } })
    const attachments = attachmentsOf(networks)
    const web = container(networks, 'web', inNetwork('mine', { Aliases: ['www'] }))
    expect(attachments.views(web)['mine']).toMatchObject({ IPAddress: '', EndpointID: '', Aliases: ['www'] })
    attachments.take(web)
    expect(attachments.views(web)['mine']).toMatchObject({
      IPAddress: '10.9.0.2',
      IPPrefixLen: 29,
      Gateway: '10.9.0.1',
      MacAddress: '02:42:0a:09:00:02',
      DNSNames: ['web', 'www', web.id.slice(0, 12)],
    })
    expect((await networks.inspect('mine')).Containers[web.id]).toMatchObject({
      Name: 'web',
      IPv4Address: '10.9.0.2/29',
    })
    await expect(networks.remove('mine')).rejects.toMatchObject({
      code: 'FORBIDDEN',
      message: expect.stringMatching(/network mine has active endpoints \(name:"web" id:"[0-9a-f]{12}"\)$/),
    })
    attachments.release(web)
    await networks.remove('mine')
    expect(() => attachments.take(web)).toThrow('network mine not found')
  })

  test('addresses are given once, those that others insist on last, and never past the end', async () => {
    const networks = await open()
    await networks.create({ Name: 'mine', IPAM: { Config: [{ Subnet: '10.9.0.0/29' }] } })
    const attachments = attachmentsOf(networks)
    const fixed = container(networks, 'fixed', inNetwork('mine', { IPAMConfig: { IPv4Address: '10.9.0.3' } }))
    const given: (string | undefined)[] = []
    for (const name of ['a', 'b', 'c', 'd', 'e']) {
      const record = container(networks, name, inNetwork('mine'))
      attachments.take(record)
      given.push(record.networks![0]!.current!.ip4)
    }
    expect(given).toEqual(['10.9.0.2', '10.9.0.4', '10.9.0.5', '10.9.0.6', '10.9.0.3'])
    expect(() => attachments.take(fixed)).toThrow('Address already in use: 10.9.0.3')
    expect(() => attachments.take(container(networks, 'f', inNetwork('mine')))).toThrow(
      'no available IPv4 addresses',
    )
  })

  test('it is connected and disconnected, once', async () => {
    const networks = await open()
    await networks.create({ Name: 'mine' })
    const attachments = attachmentsOf(networks)
    const web = container(networks, 'web', {})
    const connections = connectionsOf(networks)
    await connections.connect('mine', { Container: 'web', EndpointConfig: { Aliases: ['www'] } })
    expect(Object.keys(attachments.views(web))).toEqual(['bridge', 'mine'])
    await expect(connections.connect('mine', { Container: 'web' })).rejects.toThrow(
      'already exists in network mine',
    )
    await expect(connections.connect('none', { Container: 'web' })).rejects.toThrow(
      "in 'none' and in another",
    )
    await connections.disconnect('bridge', { Container: 'web' })
    await expect(connections.disconnect('bridge', { Container: 'web' })).rejects.toThrow(
      'container web is not connected to network bridge',
    )
    expect(Object.keys(attachments.views(web))).toEqual(['mine'])
  })

  test('what of a request does not hold is said', async () => {
    const networks = await open()
    await networks.create({ Name: 'in', Internal: true })
    const warnings = (mode: string, part: Partial<ContainerRecord>) =>
      attachmentsOf(networks).warnings({ ...container(networks, mode, inNetwork(mode)), ...part })
    const published = { hostConfig: { PortBindings: { '80/tcp': [{}] } } }
    expect(warnings('in', published)).toEqual([expect.stringContaining('its ports are not published')])
    expect(warnings('bridge', published)).toEqual([])
    const host = { hostConfig: { ExtraHosts: ['host:host-gateway'] } }
    expect(warnings('bridge', host)).toEqual([expect.stringContaining('no port of the host can be reached')])
    expect(warnings('bridge', { ...host, config: { Labels: { 'ramet.host.ports': '80' } } })).toEqual([])
  })

  test('the NAT is bounded by the label, else where every network that leads there is', async () => {
    const networks = await open()
    const Options = (rate: string) => ({ 'ramet.net.rate': rate })
    await networks.create({ Name: 'slow', Options: Options('1mbit') })
    await networks.create({ Name: 'fast', Options: Options('2mbit') })
    await networks.create({ Name: 'in', Internal: true, Options: Options('1mbit') })
    const attachments = attachmentsOf(networks)
    const rate = (modes: string[], Labels = {}): number | undefined => {
      const settings = Object.fromEntries(modes.map((mode) => [mode, {}]))
      const made = container(networks, modes.join('-'), {
        ...inNetwork(modes[0]!),
        NetworkingConfig: { EndpointsConfig: settings },
      })
      return attachments.natRate({ ...made, config: { Labels } })
    }
    expect(rate(['slow'])).toBe(1_000_000)
    expect(rate(['slow', 'fast'])).toBe(2_000_000)
    expect(rate(['slow', 'bridge'])).toBeUndefined()
    expect(rate(['in'])).toBeUndefined()
    expect(rate(['bridge'], Options('3mbit'))).toBe(3_000_000)
    expect(rate(['slow', 'bridge'], Options('3mbit'))).toBe(3_000_000)
    await connectionsOf(networks).setRate('slow', '4mbit')
    expect(containers.find(({ name }) => name === 'slow')!.config.Labels).toEqual(Options('4mbit'))
    await connectionsOf(networks).setRate('slow', '')
    expect(containers.find(({ name }) => name === 'slow')!.config.Labels).toEqual({})
    await expect(connectionsOf(networks).setRate('slow', 'much')).rejects.toThrow('invalid rate')
  })

  test('a way out there is unless all of its networks are internal', async () => {
    const networks = await open()
    await networks.create({ Name: 'in', Internal: true })
    const attachments = attachmentsOf(networks)
    const wayOut = (mode: string) => attachments.hasWayOut(container(networks, mode, inNetwork(mode)))
    expect(['bridge', 'none', 'in'].map(wayOut)).toEqual([true, false, false])
    const both = container(networks, 'both', inNetwork('in'))
    await connectionsOf(networks).connect('bridge', { Container: 'both' })
    expect(attachments.hasWayOut(both)).toBe(true)
  })

  test('the guest is told of its interfaces and names, and of the outside only where there is a way', async () => {
    const networks = await open()
    await networks.create({ Name: 'front', IPAM: { Config: [{ Subnet: '10.9.0.0/24' }] } })
    await networks.create({
      Name: 'back',
      Internal: true,
      EnableIPv6: true,
      IPAM: { Config: [{ Subnet: '10.8.0.0/24' }, { Subnet: 'fd00:8::/64' }] },
    })
    const attachments = attachmentsOf(networks)
    const web = container(networks, 'web', inNetwork('back'))
    attachments.take(web)
    expect(attachments.guest(web)).toMatchObject({
      nat: { address: '', interface: 'nat0' },
      interfaces: [{ name: 'eth0', addresses: ['10.8.0.2/24', 'fd00:8::2/64'], mtu: 65_500 }],
      names: { servers: ['10.8.0.1'], addresses: ['10.8.0.2', 'fd00:8::2'], dns: [] },
    })
    await connectionsOf(networks).connect('front', { Container: 'web' })
    web.hostConfig = { ExtraHosts: ['host.docker.internal:host-gateway', 'db:10.1.1.1'] }
    web.config.Labels = { 'ramet.host.ports': '5432, 80' }
    attachments.take(web)
    expect(attachments.guest(web)).toMatchObject({
      nat: { address: '10.0.2.15/24', interface: 'nat0' },
      interfaces: [{ name: 'eth0' }, { name: 'eth1', addresses: ['10.9.0.2/24'] }],
      names: {
        servers: ['10.8.0.1', '10.9.0.1'],
        dns: ['10.0.2.3'],
        extraHosts: [
          { name: 'host.docker.internal', address: '10.0.2.2' },
          { name: 'db', address: '10.1.1.1' },
        ],
      },
    })
  })

  test('ports of the host are named before the guest runs, none where nobody asks for the host, and its rate is set', async () => {
    const networks = await open()
    const attachments = attachmentsOf(networks)
    const web = container(networks, 'web', inNetwork('bridge'))
    const named: number[][] = []
    const rates: (number | undefined)[] = []
    const vm = {
      nameHostPorts: async (ports) => void named.push(ports),
      setNatRate: async (rate) => void rates.push(rate),
    } as Partial<VirtualMachine> as VirtualMachine
    web.config.Labels = { 'ramet.host.ports': '5432, 80' }
    await attachments.guardNat(web, vm)
    web.hostConfig = { ExtraHosts: ['host.docker.internal:host-gateway'] }
    await attachments.guardNat(web, vm)
    expect(named).toEqual([[], [5432, 80]])
    web.config.Labels = { 'ramet.net.rate': '2mbit' }
    await attachments.guardNat(web, vm)
    expect(rates).toEqual([2_000_000])
    web.config.Labels = { 'ramet.host.ports': 'all' }
    await expect(attachments.guardNat(web, vm)).rejects.toThrow('invalid label ramet.host.ports=all')
  })

  test('links are names that the container alone has for others, wherever they were asked for', async () => {
    const networks = await open()
    await networks.create({ Name: 'mine' })
    const told: SwitchMember[] = []
    const switches = {
      put: async (_network: unknown, member: SwitchMember) => void told.push(member),
      sockets: () => ({ vm: '', switch: '' }),
    } as Partial<Switches> as Switches
    const attachments = new Attachments({ networks, switches, containers: () => [], log: () => {} })
    const id = 'ab'.repeat(32)
    const web = container(networks, 'web', {
      HostConfig: { NetworkMode: 'mine', Links: ['db:store', `${id}:/web/one`] },
      NetworkingConfig: { EndpointsConfig: { mine: { Links: ['db:store', 'cache'] } } },
    })
    attachments.take(web)
    const vm = { addNic: async () => {} } as Partial<VirtualMachine> as VirtualMachine
    await attachments.plug(web, vm)
    expect(told[0]!.links).toEqual([
      { alias: 'store', name: 'db' },
      { alias: 'cache', name: 'cache' },
      { alias: 'one', name: id.slice(0, 12) },
    ])
    expect(attachments.views(web)['mine']!.Links).toEqual(['db:store', 'cache', `${id}:/web/one`])
  })

  test.each([
    [{ HostConfig: { NetworkMode: 'host' } }, 'NOT_SUPPORTED', 'publish its ports'],
    [{ HostConfig: { NetworkMode: 'container:web' } }, 'NOT_SUPPORTED', 'put both into one network'],
    [{ HostConfig: { NetworkMode: 'other' } }, 'NOT_FOUND', 'network other not found'],
    [inNetwork('mine', { IPAMConfig: { IPv4Address: '1.2.3.4' } }), 'INVALID_ARGUMENT', 'not in a subnet'],
    [
      inNetwork('bridge', { IPAMConfig: { IPv4Address: '10.0.2.9' } }),
      'INVALID_ARGUMENT',
      'user defined networks',
    ],
    [{ HostConfig: { Links: ['db:db'] } }, 'NOT_SUPPORTED', 'Links is not supported in the network bridge'],
    [inNetwork('mine', { Links: ['a b:db'] }), 'INVALID_ARGUMENT', "invalid link 'a b:db'"],
    [inNetwork('mine', { MacAddress: '01:00:5e:00:00:01' }), 'INVALID_ARGUMENT', 'invalid MAC address'],
    [inNetwork('mine', { Aliases: ['a b'] }), 'INVALID_ARGUMENT', "invalid network alias 'a b'"],
    [
      { HostConfig: { NetworkMode: 'none' }, NetworkingConfig: { EndpointsConfig: { mine: {} } } },
      'INVALID_ARGUMENT',
      "in the network 'none'",
    ],
  ])('%j is refused', async (request, code, message) => {
    const networks = await open()
    await networks.create({ Name: 'mine' })
    expect(() => container(networks, 'c', request)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) }),
    )
  })
})
