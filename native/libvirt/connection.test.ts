import { expect, test } from 'vitest'
import { connect } from './index.ts'
import { domainXml, failure, mockHost } from './test-driver.ts'

test('a connection tells what it is connected to', async () => {
  const connection = await connect('test:///default')
  expect(await connection.uri()).toBe('test:///default')
  expect(await connection.hostname()).not.toBe('')
  expect(await connection.isAlive()).toBe(true)
  const { hypervisor, library } = await connection.version()
  expect(hypervisor).toBe('0.0.2')
  expect(library).toMatch(/^\d+\.\d+\.\d+$/)
  expect(await connection.capabilities()).toMatch(/^<capabilities>[^]*<guest>[^]*<\/capabilities>\s*$/)
  await connection.close()
})

test('what the mock driver lacks is refused by name', async () => {
  const connection = await connect('test:///default')
  const capabilities = await failure(connection.domainCapabilities({ arch: 'x86_64', type: 'kvm' }))
  expect(capabilities).toMatchObject({ symbol: 'VIR_ERR_NO_SUPPORT', code: 3, level: 2 })
  expect(capabilities.message).toContain('virConnectGetDomainCapabilities')
  const events = await failure(connection.onMonitorEvent(() => {}))
  expect(events.symbol).toBe('VIR_ERR_NO_SUPPORT')
  expect(events.message).toContain('virConnectDomainQemuMonitorEventRegister')
  await connection.close()
})

test('domains are listed, and looked up by name and by UUID', async () => {
  const uuid = 'b0a5dd1d-6c3a-4d4c-9d3a-111111111111'
  await using host = await mockHost([domainXml('first', uuid), domainXml('second')])
  const connection = await host.open()
  expect((await connection.list()).map(({ name }) => name).sort()).toEqual(['first', 'second'])
  expect(await connection.lookupByName('first')).toMatchObject({ name: 'first', uuid })
  expect(await connection.lookupByUUID(uuid)).toMatchObject({ name: 'first', uuid })

  await (await connection.lookupByName('first')).destroy()
  const names = async (only: object): Promise<string[]> =>
    (await connection.list(only)).map(({ name }) => name)
  expect(await names({ active: true })).toEqual(['second'])
  expect(await names({ inactive: true })).toEqual(['first'])
  expect((await names({ active: true, inactive: true })).sort()).toEqual(['first', 'second'])
})

test('a domain that does not exist is an error that names it', async () => {
  const connection = await connect('test:///default')
  const byName = await failure(connection.lookupByName('nobody'))
  expect(byName).toMatchObject({
    name: 'LibvirtError',
    symbol: 'VIR_ERR_NO_DOMAIN',
    code: 42,
    domain: 12,
    level: 2,
  })
  expect(byName.message).toMatch(/^Domain not found/)
  const uuid = '00000000-0000-4000-8000-000000000000'
  const byUuid = await failure(connection.lookupByUUID(uuid))
  expect(byUuid.symbol).toBe('VIR_ERR_NO_DOMAIN')
  expect((await failure(connection.lookupByUUID('no uuid'))).symbol).toBe('VIR_ERR_INVALID_ARG')
  await connection.close()
})

test('a read-only connection looks but does not touch', async () => {
  const connection = await connect('test:///default', { readonly: true })
  const domain = await connection.lookupByName('test')
  expect((await domain.state()).state).toBe('running')
  const refused = await failure(domain.destroy())
  expect(refused.symbol).toBe('VIR_ERR_OPERATION_DENIED')
  expect(refused.message).toContain('read only')
  expect((await failure(connection.defineXML(domainXml('new')))).symbol).toBe('VIR_ERR_OPERATION_DENIED')
  await connection.close()
})

test('a connection that cannot be made says why', async () => {
  await using broken = await mockHost(['<unclosed>'])
  const malformed = await failure(broken.open())
  expect(malformed).toMatchObject({ symbol: 'VIR_ERR_XML_DETAIL', level: 2 })
  expect(malformed.message).toContain('host.xml:1')
  const noDaemon = await failure(connect('test+unix:///default?socket=/no/such/socket'))
  expect(noDaemon.symbol).toBe('VIR_ERR_SYSTEM_ERROR')
  expect(noDaemon.message).toContain('/no/such/socket')
})

test('many connections at once are apart from each other', async () => {
  await using host = await mockHost([domainXml('same')])
  const connections = await Promise.all(Array.from({ length: 100 }, () => host.open()))
  await Promise.all(connections.map(async (connection, at) => connection.defineXML(domainXml(`own-${at}`))))
  const names = await Promise.all(
    connections.map(async (each) => (await each.list()).map(({ name }) => name).sort()),
  )
  names.forEach((found, at) => expect(found).toEqual([`own-${at}`, 'same']))
})
