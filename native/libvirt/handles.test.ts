import { expect, test } from 'vitest'
import { connect, type Domain } from './index.ts'
import { child, domainXml, failure, mockHost, native } from './test-driver.ts'

const closed = { name: 'LibvirtError', symbol: 'VIR_ERR_INVALID_CONN', code: 6, level: 2 }

test('a connection may be closed again, also at once', async () => {
  const connection = await connect('test:///default')
  await Promise.all([connection.close(), connection.close()])
  await connection.close()
  expect(await failure(connection.uri())).toMatchObject(closed)
})

test('closing one connection leaves the others', async () => {
  const [one, two] = [await connect('test:///default'), await connect('test:///default')]
  await one.close()
  expect(await two.isAlive()).toBe(true)
  await two.close()
})

test('every call of a closed connection, and of its domains, rejects and says so', async () => {
  const connection = await connect('test:///default')
  const domain = await connection.lookupByName('test')
  await connection.close()
  const xml = domainXml('late')
  const calls: (() => Promise<unknown>)[] = [
    ...(['uri', 'hostname', 'isAlive', 'capabilities', 'domainCapabilities', 'version', 'list'] as const).map(
      (name) => () => connection[name](),
    ),
    ...(['lookupByName', 'lookupByUUID', 'defineXML', 'createXML'] as const).map(
      (name) => () => connection[name](xml),
    ),
    ...(['onLifecycle', 'onMonitorEvent', 'onClose'] as const).map(
      (name) => () => connection[name](() => {}),
    ),
    ...domainCalls(domain, xml),
  ]
  for (const call of calls) {
    const error = await failure(call())
    expect(error).toMatchObject(closed)
    expect(error.message).toBe('the connection to libvirt is closed')
  }
  expect(domain.name).toBe('test')
})

function domainCalls(domain: Domain, xml: string): (() => Promise<unknown>)[] {
  const plain = ['create', 'resume', 'suspend', 'shutdown', 'reset', 'destroy', 'undefine', 'state', 'info', 'id', 'xml', 'isPersistent', 'isActive'] as const // prettier-ignore
  const devices = ['attachDevice', 'detachDevice', 'updateDevice', 'blockStats', 'monitorCommand'] as const
  return [
    ...plain.map((name) => () => domain[name]()),
    ...devices.map((name) => () => domain[name](xml)),
    () => domain.metadata('title'),
    () => domain.setMetadata('title', 'x'),
  ]
}

test('calls under way when the connection closes end, one way or the other', async () => {
  for (let round = 0; round < 20; ++round) {
    await using host = await mockHost([domainXml('busy')])
    const connection = await host.open()
    const domain = await connection.lookupByName('busy')
    const call = (at: number): Promise<unknown> => (at % 3 ? domain.xml() : connection.list())
    const calls = Array.from({ length: 60 }, (_, at) => call(at))
    const closing = connection.close()
    const late = Array.from({ length: 10 }, (_, at) => call(at))
    for (const outcome of await Promise.allSettled([...calls, ...late])) {
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject(closed)
    }
    await closing
  }
})

test('domains that arrive after the close are closed too', async () => {
  await using host = await mockHost(Array.from({ length: 50 }, (_, at) => domainXml(`many-${at}`)))
  let arrived = 0
  for (let round = 0; round < 50; ++round) {
    const connection = await host.open()
    const listing = connection.list().catch(() => [])
    await connection.close()
    for (const domain of await listing) {
      ++arrived
      expect(await failure(domain.state())).toMatchObject(closed)
    }
  }
  expect(arrived).toBeGreaterThan(0)
})

// Connections to test:///default share one host: what a closed one still heard, the other makes happen. index.ts tells
// nobody of it, so this asks below it.
test('a subscription that races with the close is refused or ends with it', async () => {
  const other = await connect('test:///default')
  const domain = await other.lookupByName('test')
  const heard: unknown[] = []
  for (let round = 0; round < 200; ++round) {
    const handle = (await native['connect']!('test:///default', false)) as object
    const subscribing = native['listenLifecycle']!(handle, (event: unknown) => heard.push(event)).then(
      () => undefined,
      (error: unknown) => error,
    )
    await native['close']!(handle)
    const error = await subscribing
    if (error) expect(error).toMatchObject(closed)
  }
  const { promise: told, resolve } = Promise.withResolvers()
  await other.onLifecycle(resolve)
  await domain.suspend()
  await told
  await domain.resume()
  expect(heard).toEqual([])
  await other.close()
})

test('handles that nobody closed are closed when they are collected', async () => {
  const { code, stdout, stderr } = await child(
    `
    import { setImmediate } from 'node:timers/promises'
    const collected = new Set()
    const registry = new FinalizationRegistry((name) => collected.add(name))
    async function use(name) {
      const connection = await connect('test:///default')
      registry.register(connection, name)
      await connection.onLifecycle(() => {})
      const domains = await connection.list()
      registry.register(domains[0], name + ' domain')
      return (await domains[0].state()).state
    }
    const states = await Promise.all(Array.from({ length: 50 }, (_, at) => use('connection ' + at)))
    for (let round = 0; collected.size < 100 && round < 200; ++round) { gc(); await setImmediate() }
    // A domain keeps its connection: it alone is held here.
    const domain = await connect('test:///default').then((connection) => connection.lookupByName('test'))
    for (let round = 0; round < 5; ++round) { gc(); await setImmediate() }
    console.log(new Set(states).size, collected.size, (await domain.state()).state)
    `,
    ['--expose-gc'],
  )
  expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: '1 100 running\n', stderr: '' })
})
