import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { contains, formatAddress, formatSubnet, overlaps, parseAddress, parseSubnet } from './address.ts'
import { hostRoutes } from './host-routes.ts'

test.each([
  ['10.1.2.3', '10.1.2.3'],
  ['fd00::1', 'fd00::1'],
  ['FD00:0:0:0:0:0:0:0', 'fd00::'],
  ['::', '::'],
  ['::ffff:1.2.3.4', '::ffff:102:304'],
  ['1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7:8'],
])('%s is read and written as %s', (text, written) => {
  expect(formatAddress(parseAddress(text)!)).toBe(written)
})

test.each(['10.1.2', '10.1.2.256', 'fe80::1%eth0', '::1::', 'x', ''])('%j is no address', (text) => {
  expect(parseAddress(text)).toBeUndefined()
})

test('subnets know what is in them', () => {
  const subnet = (text: string) => parseSubnet(text)!.subnet
  expect(formatSubnet(subnet('172.28.5.9/16'))).toBe('172.28.0.0/16')
  expect(parseSubnet('172.28.0.0/16')!.exact).toBe(true)
  expect(parseSubnet('172.28.0.0/33')).toBeUndefined()
  expect(contains(subnet('172.28.0.0/16'), parseAddress('172.28.255.255')!)).toBe(true)
  expect(contains(subnet('172.28.0.0/16'), parseAddress('172.29.0.0')!)).toBe(false)
  expect(overlaps(subnet('10.0.0.0/8'), subnet('10.9.0.0/24'))).toBe(true)
  expect(overlaps(subnet('10.9.1.0/24'), subnet('10.9.0.0/24'))).toBe(false)
  expect(overlaps(subnet('fd00::/8'), subnet('10.9.0.0/24'))).toBe(false)
})

test('the routes of the workstation, but for the default ones', async () => {
  const folder = await mkdtemp('/tmp/ramet-routes-')
  const none = '00000000000000000000000000000000'
  await writeFile(
    `${folder}/route`,
    'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\n' +
      'eth0\t00000000\t0100A8C0\t0003\t0\t0\t0\t00000000\neth0\t0000A8C0\t00000000\t0001\t0\t0\t0\t0000FFFF\n',
  )
  await writeFile(
    `${folder}/ipv6_route`,
    `fd000000000000000000000000000000 08 ${none} 00 ${none} 00000100 00000001 00000000 00000001 eth0\n` +
      `${none} 00 ${none} 00 ${none} ffffffff 00000001 00000000 00200200 lo\n`,
  )
  expect((await hostRoutes(folder)).map(formatSubnet)).toEqual(['192.168.0.0/16', 'fd00::/8'])
  expect(await hostRoutes(`${folder}/nothing`)).toEqual([])
  await rm(folder, { recursive: true })
})
