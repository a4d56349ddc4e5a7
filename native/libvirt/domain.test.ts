import { expect, test } from 'vitest'
import type { Domain } from './index.ts'
import { domainXml, failure, mockHost } from './test-driver.ts'

const stateOf = async (domain: Domain): Promise<string> => (await domain.state()).state

test('a defined domain goes through its whole life', async () => {
  await using host = await mockHost()
  const connection = await host.open()
  const domain = await connection.defineXML(domainXml('life'))
  expect(await stateOf(domain)).toBe('shutoff')
  expect(await domain.id()).toBe(-1)
  expect([await domain.isPersistent(), await domain.isActive()]).toEqual([true, false])

  await domain.create()
  expect(await stateOf(domain)).toBe('running')
  expect(await domain.id()).toBeGreaterThan(0)
  await domain.suspend()
  expect(await stateOf(domain)).toBe('paused')
  await domain.resume()
  expect(await stateOf(domain)).toBe('running')
  await domain.reset()
  expect(await stateOf(domain)).toBe('running')
  await domain.shutdown()
  expect(await domain.state()).toEqual({ state: 'shutoff', reason: 1 })
  await domain.create()
  await domain.destroy()
  expect(await domain.state()).toEqual({ state: 'shutoff', reason: 2 })
  expect(await domain.isActive()).toBe(false)

  await domain.undefine()
  expect(await connection.list()).toEqual([])
  expect((await failure(domain.state())).symbol).toBe('VIR_ERR_NO_DOMAIN')
})

test('a transient domain is created, and gone when it ends', async () => {
  await using host = await mockHost()
  const connection = await host.open()
  const transient = await connection.createXML(domainXml('transient'))
  expect(await stateOf(transient)).toBe('running')
  expect(await transient.isPersistent()).toBe(false)
  await transient.destroy()
  expect((await failure(connection.lookupByName('transient'))).symbol).toBe('VIR_ERR_NO_DOMAIN')
})

// libvirt's number of an option that the mock driver does not know shows what the option became.
test('options reach libvirt as its flags', async () => {
  await using host = await mockHost()
  const connection = await host.open()
  const xml = domainXml('flags')
  const domain = await connection.defineXML(xml)
  const refused = async (call: Promise<unknown>): Promise<string> => (await failure(call)).message
  expect(await refused(domain.create({ paused: true }))).toContain('unsupported flags (0x1)')
  expect(await refused(domain.create({ autodestroy: true }))).toContain('unsupported flags (0x2)')
  expect(await refused(connection.createXML(xml, { paused: true, autodestroy: true }))).toContain(
    'unsupported flags (0x3)',
  )
})

test('defining the same UUID again changes the domain', async () => {
  await using host = await mockHost()
  const connection = await host.open()
  const uuid = 'b0a5dd1d-6c3a-4d4c-9d3a-222222222222'
  await connection.defineXML(domainXml('twice', uuid))
  const second = await connection.defineXML(domainXml('twice', uuid).replace('65536', '131072'))
  expect(await second.info()).toMatchObject({ maxMemoryKiB: 131072 })
  expect((await connection.list()).length).toBe(1)
  const taken = await failure(connection.defineXML(domainXml('twice')))
  expect(taken.message).toContain(`'twice' already exists with uuid ${uuid}`)
})

test('a step that does not fit the state is refused', async () => {
  await using host = await mockHost()
  const connection = await host.open()
  const domain = await connection.defineXML(domainXml('still'))
  // The mock driver's codes differ from step to step; its words do not.
  const steps = [
    () => domain.suspend(),
    () => domain.resume(),
    () => domain.shutdown(),
    () => domain.destroy(),
  ]
  for (const step of steps) expect((await failure(step())).message).toMatch(/not (running|paused)/)
  await domain.create()
  const twice = await failure(domain.create())
  expect(twice.message).toMatch(/already running/)
})

test('XML that makes no domain is refused, and says where', async () => {
  await using host = await mockHost()
  const connection = await host.open()
  expect((await failure(connection.defineXML('<domain'))).symbol).toBe('VIR_ERR_XML_DETAIL')
  const incomplete = await failure(connection.defineXML('<domain type="test"/>'))
  expect(incomplete).toMatchObject({ symbol: 'VIR_ERR_NO_NAME', level: 2 })
  expect(await connection.list()).toEqual([])
})

test('info counts memory, vCPUs and CPU time', async () => {
  await using host = await mockHost([domainXml('counted')])
  const domain = await (await host.open()).lookupByName('counted')
  const { cpuTimeNs, ...info } = await domain.info()
  expect(info).toEqual({ state: 1, maxMemoryKiB: 65536, memoryKiB: 65536, vcpus: 1 })
  expect(typeof cpuTimeNs).toBe('bigint')
})

test('the XML comes back, with everything that libvirt added', async () => {
  await using host = await mockHost()
  const connection = await host.open()
  const domain = await connection.defineXML(domainXml('described'))
  const xml = await domain.xml()
  expect(xml).toContain(`<uuid>${domain.uuid}</uuid>`)
  expect(xml).toContain(`<target dev='vda' bus='virtio'/>`)
  await domain.create()
  expect(await domain.xml()).toMatch(/^<domain type='test' id='\d+'>/)
  expect(await domain.xml({ inactive: true, secure: true })).toMatch(/^<domain type='test'>/)
})
