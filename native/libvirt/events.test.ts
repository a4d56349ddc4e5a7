import { once } from 'node:events'
import { EventEmitter } from 'node:events'
import { expect, test } from 'vitest'
import type { Connection, LifecycleEvent, Unsubscribe } from './index.ts'
import { domainXml, mockHost } from './test-driver.ts'

/** Collects the lifecycle events of a connection, and waits for how many there shall be. */
async function recorder(connection: Connection): Promise<{
  events: LifecycleEvent[]
  words(): string[]
  until(count: number): Promise<void>
  end: Unsubscribe
}> {
  const emitter = new EventEmitter()
  const events: LifecycleEvent[] = []
  const end = await connection.onLifecycle((event) => {
    events.push(event)
    emitter.emit('event')
  })
  return {
    events,
    words: () => events.map(({ event, detail }) => `${event} ${detail}`),
    async until(count) {
      while (events.length < count) await once(emitter, 'event')
    },
    end,
  }
}

test("a domain's life is told in order", async () => {
  await using host = await mockHost()
  const connection = await host.open()
  const heard = await recorder(connection)
  const domain = await connection.defineXML(domainXml('told'))
  await domain.create()
  await domain.suspend()
  await domain.resume()
  await domain.shutdown()
  await domain.create()
  await domain.destroy()
  await domain.undefine()
  await heard.until(8)
  expect(heard.words()).toEqual([
    'defined added',
    'started booted',
    'suspended paused',
    'resumed unpaused',
    'stopped shutdown',
    'started booted',
    'stopped destroyed',
    'undefined removed',
  ])
  for (const event of heard.events) expect(event.domain).toEqual({ name: 'told', uuid: domain.uuid })
})

test('a thousand events come all, in order, to every listener', async () => {
  await using host = await mockHost()
  const connection = await host.open()
  const heard = [await recorder(connection), await recorder(connection)]
  const domain = await connection.createXML(domainXml('busy'))
  for (let round = 0; round < 500; ++round) {
    await domain.suspend()
    await domain.resume()
  }
  const expected = ['started booted']
  for (let round = 0; round < 500; ++round) expected.push('suspended paused', 'resumed unpaused')
  for (const each of heard) {
    await each.until(expected.length)
    expect(each.words()).toEqual(expected)
  }
})

test('a subscription that has ended hears nothing more, and may end again', async () => {
  await using host = await mockHost()
  const connection = await host.open()
  const [ended, other] = [await recorder(connection), await recorder(connection)]
  const domain = await connection.createXML(domainXml('quiet'))
  await Promise.all([ended.until(1), other.until(1)])
  // The event is on its way while the subscription ends.
  const suspended = domain.suspend()
  ended.end()
  ended.end()
  await suspended
  await domain.destroy()
  await other.until(3)
  expect(ended.words()).toEqual(['started booted'])
  expect(other.words()).toEqual(['started booted', 'suspended paused', 'stopped destroyed'])
  await connection.close()
  ended.end()
  other.end()
})

test('events of one connection do not reach another', async () => {
  await using host = await mockHost()
  const [one, two] = [await host.open(), await host.open()]
  const heard = [await recorder(one), await recorder(two)]
  await one.createXML(domainXml('of-one'))
  await two.createXML(domainXml('of-two'))
  await Promise.all(heard.map((each) => each.until(1)))
  expect(heard.map(({ events }) => events.map(({ domain }) => domain.name))).toEqual([['of-one'], ['of-two']])
})

test('a listener may call the binding, and end its own subscription', async () => {
  await using host = await mockHost()
  const connection = await host.open()
  const state = await new Promise<string>((resolve, reject) => {
    const subscribed = connection.onLifecycle(async ({ domain }) => {
      ;(await subscribed)()
      const found = await connection.lookupByUUID(domain.uuid)
      resolve((await found.state()).state)
    })
    subscribed.then(() => connection.createXML(domainXml('called'))).catch(reject)
  })
  expect(state).toBe('running')
})
