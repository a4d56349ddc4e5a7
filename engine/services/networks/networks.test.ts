import { readdir, writeFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { parseSubnet } from './address.ts'
import {
  container,
  eachWithoutNetworks,
  folder,
  inNetwork,
  logged,
  open,
  routes,
  seen,
  subnetsOf,
} from './test-networks.ts'

eachWithoutNetworks()

describe('networks', () => {
  test('three are there from the start; another comes back as it was asked for, after a restart too', async () => {
    const networks = await open()
    const asked = { Name: 'mine', Labels: { a: '', b: 'c=d' }, Options: { 'ramet.net.rate': '20mbit' } }
    const { Id, Warning } = await networks.create({ ...asked, Attachable: true, Internal: true })
    expect(Warning).toBe('')
    const made = await networks.inspect('mine')
    expect(made).toMatchObject({
      ...asked,
      Id,
      Internal: true,
      Attachable: true,
      Scope: 'local',
      Driver: 'bridge',
    })
    const again = await open()
    expect(await again.inspect(Id.slice(0, 12))).toEqual(made)
    expect((await again.list({})).map(({ Name }) => Name)).toEqual(['bridge', 'host', 'none', 'mine'])
    await expect(again.create({ Name: 'mine' })).rejects.toMatchObject({ code: 'CONFLICT' })
    await expect(again.create({ Name: 'bridge' })).rejects.toThrow('network with name bridge already exists')
    await again.remove('mine')
    expect(await readdir(folder)).toEqual([])
    expect(seen).toEqual(['create mine', 'destroy mine'])
  })

  test('a broken record harms no other network', async () => {
    await (await open()).create({ Name: 'whole' })
    await writeFile(`${folder}/broken.json`, '{')
    await writeFile(`${folder}/half.json.new`, '{')
    expect((await (await open()).list({ type: ['custom'] })).map(({ Name }) => Name)).toEqual(['whole'])
    expect(logged).toEqual([expect.stringContaining('broken.json is left out')])
    expect(await readdir(folder)).not.toContain('half.json.new')
  })

  test('subnets come from the pools, past other networks and what the workstation has routes to', async () => {
    routes.push(parseSubnet('172.17.0.0/16')!.subnet, parseSubnet('172.19.4.0/24')!.subnet)
    const networks = await open()
    for (const Name of ['a', 'b', 'c']) await networks.create({ Name })
    expect(await subnetsOf(networks, 'a')).toEqual(['172.18.0.0/16', '172.18.0.1'])
    expect(await subnetsOf(networks, 'b')).toEqual(['172.20.0.0/16', '172.20.0.1'])
    await networks.remove('a')
    await networks.create({ Name: 'd', EnableIPv6: true })
    const [four, , six, gateway] = await subnetsOf(networks, 'd')
    expect(four).toBe('172.18.0.0/16')
    expect(six).toMatch(/^fd[0-9a-f:]+::\/64$/)
    expect(gateway).toBe(six!.replace('/64', '1'))
  })

  test.each([
    [{ Subnet: '10.9.0.0/24', IPRange: '10.9.0.128/25', Gateway: '10.9.0.254' }, undefined],
    [{ Subnet: '10.9.0.1/24' }, 'it should be 10.9.0.0/24'],
    [{ Subnet: '10.9.0.0' }, "invalid subnet '10.9.0.0'"],
    [{ Subnet: '10.9.0.0/31' }, 'no room'],
    [{ Subnet: '10.0.0.0/8' }, 'Pool overlaps with other one on this address space'],
    [{ Subnet: '10.9.0.0/24', Gateway: '10.8.0.1' }, 'invalid gateway 10.8.0.1'],
    [{ Subnet: '10.9.0.0/24', IPRange: '10.8.0.0/25' }, 'invalid ip-range'],
    [{ Subnet: 'fd00:9::/64' }, 'is of IPv6, which the network mine does not have'],
  ])('a subnet of %j', async (config, refused) => {
    const networks = await open()
    const creating = networks.create({ Name: 'mine', IPAM: { Config: [config] } })
    if (refused) await expect(creating).rejects.toThrow(refused)
    else expect((await networks.inspect((await creating).Id)).IPAM.Config).toEqual([config])
  })

  test.each([
    [{ Driver: 'macvlan' }, 'NOT_SUPPORTED', 'plugin not found; use the driver bridge'],
    [{ Driver: 'weave' }, 'NOT_FOUND', 'could not find plugin weave'],
    [{ Driver: 'host' }, 'FORBIDDEN', 'only one instance of "host" network is allowed'],
    [{ ConfigOnly: true }, 'NOT_SUPPORTED', 'swarm'],
    [{ Options: { colour: 'red' } }, 'NOT_SUPPORTED', "the network option 'colour=red'"],
    [{ Options: { 'ramet.net.rate': 'fast' } }, 'INVALID_ARGUMENT', "invalid rate 'fast'"],
    [{ Options: { 'com.docker.network.driver.mtu': '9' } }, 'INVALID_ARGUMENT', 'give 1280 to 65500'],
    [{ EnableIPv4: false }, 'INVALID_ARGUMENT', 'IPv4 or IPv6 must be enabled'],
    [{ Name: '../x' }, 'INVALID_ARGUMENT', 'invalid network name'],
  ])('%j is refused by name', async (request, code, message) => {
    const networks = await open()
    const creating = networks.create({ Name: 'mine', ...request })
    await expect(creating).rejects.toMatchObject({ code, message: expect.stringContaining(message) })
    expect(await readdir(folder)).toEqual([])
  })

  test('the list is filtered, a prune takes what no container is in', async () => {
    const networks = await open()
    await networks.create({ Name: 'one', Labels: { kind: 'a' } })
    await networks.create({ Name: 'two', Labels: { kind: 'b' } })
    container(networks, 'c', inNetwork('two'))
    const names = async (filters: Record<string, string[]>) =>
      (await networks.list(filters)).map(({ Name }) => Name)
    expect(await names({ name: ['o'], type: ['custom'] })).toEqual(['one', 'two'])
    expect(await names({ label: ['kind=b'] })).toEqual(['two'])
    expect(await names({ driver: ['null'] })).toEqual(['none'])
    expect(await names({ dangling: ['true'] })).toEqual(['one'])
    await expect(networks.list({ colour: ['red'] })).rejects.toThrow("invalid filter 'colour'")
    await expect(networks.list({ type: ['own'] })).rejects.toThrow("invalid filter 'type=own'")
    expect(await networks.prune({ filters: {} })).toEqual({ NetworksDeleted: ['one'] })
    await expect(networks.remove('bridge')).rejects.toThrow(
      'bridge is a pre-defined network and cannot be removed',
    )
  })
})
