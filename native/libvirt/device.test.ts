import { expect, test } from 'vitest'
import { domainXml, failure, mockHost } from './test-driver.ts'

const DISK = `<disk type='file' device='disk'><source file='/none'/><target dev='vdb' bus='virtio'/></disk>`

test('block statistics are counts of a disk of a running domain', async () => {
  await using host = await mockHost([domainXml('busy')])
  const domain = await (await host.open()).lookupByName('busy')
  const stats = await domain.blockStats('vda')
  expect(Object.keys(stats).sort()).toEqual([
    'errors',
    'readBytes',
    'readRequests',
    'writeBytes',
    'writeRequests',
  ])
  // The mock driver makes counts of the clock; larger than 32 bits, they show that none is cut off.
  for (const count of Object.values(stats)) expect(count).toBeGreaterThan(0)
  expect(stats.readBytes).toBeGreaterThan(2 ** 32)
  expect(Number.isSafeInteger(stats.readBytes)).toBe(true)
})

test('block statistics of what is not there are refused', async () => {
  await using host = await mockHost([domainXml('idle')])
  const domain = await (await host.open()).lookupByName('idle')
  const missing = await failure(domain.blockStats('vdz'))
  expect(missing).toMatchObject({ symbol: 'VIR_ERR_INVALID_ARG', domain: 12, level: 2 })
  expect(missing.message).toContain('vdz')
  expect((await failure(domain.blockStats(''))).message).toMatch(/not supported/)
  await domain.destroy()
  expect((await failure(domain.blockStats('vda'))).symbol).toBe('VIR_ERR_OPERATION_INVALID')
})

// The mock driver has no devices to change and no QEMU: that it says so by the call's name shows where each call went.
test('devices and the monitor are refused by the mock driver, by name', async () => {
  await using host = await mockHost([domainXml('bare')])
  const domain = await (await host.open()).lookupByName('bare')
  const calls = {
    virDomainAttachDeviceFlags: () => domain.attachDevice(DISK, { live: true }),
    virDomainDetachDeviceFlags: () => domain.detachDevice(DISK, { live: true, config: true }),
    virDomainUpdateDeviceFlags: () => domain.updateDevice(DISK),
    virDomainQemuMonitorCommand: () => domain.monitorCommand('{"execute":"query-status"}'),
  }
  for (const [name, call] of Object.entries(calls)) {
    const refused = await failure(call())
    expect(refused).toMatchObject({ symbol: 'VIR_ERR_NO_SUPPORT', code: 3, level: 2 })
    expect(refused.message).toBe(`this function is not supported by the connection driver: ${name}`)
  }
  const hmp = await failure(domain.monitorCommand('info status', { hmp: true }))
  expect(hmp.symbol).toBe('VIR_ERR_NO_SUPPORT')
})
