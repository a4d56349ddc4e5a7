import { expect, test } from 'vitest'
import { connect, type Connection, type Domain } from './index.ts'
import { domainXml, failure, mockHost, native } from './test-driver.ts'

/** Calls with an argument of the caller's, for each parameter that is a text. */
const texts: Record<string, (connection: Connection, domain: Domain, value: string) => Promise<unknown>> = {
  connect: (_, __, value) => connect(value),
  lookupByName: (connection, _, value) => connection.lookupByName(value),
  lookupByUUID: (connection, _, value) => connection.lookupByUUID(value),
  defineXML: (connection, _, value) => connection.defineXML(value),
  createXML: (connection, _, value) => connection.createXML(value),
  domainCapabilities: (connection, _, value) => connection.domainCapabilities({ machine: value }),
  onMonitorEvent: (connection, _, value) => connection.onMonitorEvent(() => {}, value),
  attachDevice: (_, domain, value) => domain.attachDevice(value),
  blockStats: (_, domain, value) => domain.blockStats(value),
  monitorCommand: (_, domain, value) => domain.monitorCommand(value),
  'metadata, of a namespace': (_, domain, value) => domain.metadata('element', value),
  'setMetadata, to a value': (_, domain, value) => domain.setMetadata('title', value),
  'setMetadata, by a key': (_, domain, value) => domain.setMetadata('element', '<a/>', value, 'urn:a'),
}

for (const [name, call] of Object.entries(texts)) {
  test(`${name} refuses what is no text`, async () => {
    await using host = await mockHost([domainXml('given')])
    const connection = await host.open()
    const domain = await connection.lookupByName('given')
    for (const value of [7, true, {}, ['a'], Symbol('s'), () => 'f', 10n]) {
      await expect(call(connection, domain, value as string)).rejects.toThrow(
        /^argument \d must be a string$/,
      )
    }
  })

  // C ends a text at a NUL: the name of another domain might be left.
  test(`${name} refuses a NUL`, async () => {
    await using host = await mockHost([domainXml('given')])
    const connection = await host.open()
    const domain = await connection.lookupByName('given')
    for (const value of ['\0', 'given\0', 'given\0other']) {
      const refusal = expect(call(connection, domain, value)).rejects
      await refusal.toThrow(/^argument \d must not contain a NUL character$/)
      await expect(call(connection, domain, value)).rejects.toBeInstanceOf(TypeError)
    }
  })
}

test('an empty text is for libvirt to judge', async () => {
  await using host = await mockHost([domainXml('given')])
  const connection = await host.open()
  const domain = await connection.lookupByName('given')
  expect((await failure(connection.lookupByName(''))).symbol).toBe('VIR_ERR_NO_DOMAIN')
  expect((await failure(connection.lookupByUUID(''))).symbol).toBe('VIR_ERR_INVALID_ARG')
  expect((await failure(connection.defineXML(''))).symbol).toMatch(/^VIR_ERR_(XML|INTERNAL)/)
  expect((await failure(domain.setMetadata('element', ''))).symbol).toBe('VIR_ERR_INVALID_ARG')
  expect((await domain.state()).state).toBe('running')
})

test('a huge text is refused, or taken, whole', async () => {
  await using host = await mockHost([domainXml('given')])
  const connection = await host.open()
  const domain = await connection.lookupByName('given')
  const huge = 'x'.repeat(64 * 1024 * 1024)
  expect((await failure(connection.lookupByName(huge))).symbol).toBe('VIR_ERR_NO_DOMAIN')
  expect((await failure(connection.lookupByUUID(huge))).symbol).toBe('VIR_ERR_INVALID_ARG')
  expect((await failure(connection.defineXML(huge))).message).not.toBe('')
  await domain.setMetadata('description', huge)
  expect((await domain.metadata('description')) === huge).toBe(true)
})

test('half of a surrogate pair becomes a replacement character', async () => {
  await using host = await mockHost([domainXml('given')])
  const domain = await (await host.open()).lookupByName('given')
  await domain.setMetadata('description', 'half \ud83d of 🙂')
  expect(await domain.metadata('description')).toBe('half \ufffd of 🙂')
})

test('a listener must be a function', async () => {
  await using host = await mockHost()
  const connection = await host.open()
  for (const value of [undefined, null, {}, 'listener']) {
    for (const name of ['onLifecycle', 'onMonitorEvent', 'onClose'] as const) {
      await expect(connection[name](value as never)).rejects.toThrow(/function/)
    }
  }
})

test('a metadata type that does not exist is refused', async () => {
  await using host = await mockHost([domainXml('given')])
  const domain = await (await host.open()).lookupByName('given')
  await expect(domain.metadata('nonsense' as never)).rejects.toThrow(TypeError)
})

// index.ts hides the handles; a fault in it must still not be one of memory.
test('what is no handle, or one of another kind, is refused', async () => {
  const connection = (await native['connect']!('test:///default', false)) as object
  const { handle } = (await native['lookupByName']!(connection, 'test')) as { handle: object }
  for (const value of [undefined, null, 0, 'handle', {}, () => {}, handle]) {
    expect(() => native['uri']!(value)).toThrow(/^not a handle of libvirt$/)
  }
  for (const value of [undefined, {}, connection]) {
    expect(() => native['state']!(value)).toThrow(/^not a handle of libvirt$/)
  }
  expect(() => native['create']!(handle)).toThrow(/^argument 1 must be a number$/)
  expect(() => native['listenLifecycle']!(connection, 1)).toThrow(/^argument 1 must be a function$/)
  await native['close']!(connection)
})
