import { expect, test } from 'vitest'
import { child, mockHost } from './test-driver.ts'

interface Use {
  descriptors: number
  threads: number
  rssMiB: number
  heapMiB: number
}

/**
 * What a process has of each before and after 2,000 rounds, measured when 500 have filled every pool and cache.
 * `round` is JavaScript that may use `connect` and `uri`.
 */
async function growth(uri: string, round: string, once = ''): Promise<Use> {
  const ended = await child(
    `
    import { readdirSync } from 'node:fs'
    import { setImmediate } from 'node:timers/promises'
    const uri = ${JSON.stringify(uri)}
    ${once}
    async function run(rounds) {
      for (let at = 0; at < rounds; ++at) {
        ${round}
        if (at % 50 === 0) { gc(); await setImmediate() }
      }
      for (let at = 0; at < 10; ++at) { gc(); await setImmediate() }
      const { rss, heapUsed } = process.memoryUsage()
      return [readdirSync('/proc/self/fd').length, readdirSync('/proc/self/task').length, rss, heapUsed]
    }
    const before = await run(500)
    const after = await run(2000)
    console.log(JSON.stringify(after.map((value, at) => value - before[at])))
    `,
    ['--expose-gc'],
  )
  expect(ended).toMatchObject({ code: 0, stderr: '' })
  const [descriptors, threads, rss, heap] = JSON.parse(ended.stdout) as number[]
  const use = {
    descriptors: descriptors!,
    threads: threads!,
    rssMiB: rss! / 2 ** 20,
    heapMiB: heap! / 2 ** 20,
  }
  return use
}

/** A leak of a kilobyte a round would be 2 MiB. */
function expectBounded(use: Use): void {
  expect(use.descriptors).toBeLessThanOrEqual(0)
  // The pool may grow to its most at any time.
  expect(use.threads).toBeLessThanOrEqual(16)
  expect(use.heapMiB).toBeLessThan(1)
  // AddressSanitizer keeps freed memory for a while, and looks for leaks itself.
  if (!process.env['ASAN_OPTIONS']) expect(use.rssMiB).toBeLessThan(8)
}

test('connections that are opened, used and closed leave nothing', async () => {
  await using host = await mockHost()
  const round = `
    const connection = await connect(uri)
    const large = new Array(1000).fill(0)
    await connection.onLifecycle(() => large)
    await connection.onClose(() => large)
    const domain = await connection.createXML(
      '<domain type="test"><name>leak</name><memory>1024</memory><os><type>hvm</type></os></domain>')
    await domain.xml()
    await domain.setMetadata('title', 'x'.repeat(10000))
    await connection.lookupByName('none').catch(() => {})
    await connection.close()
  `
  expectBounded(await growth(host.uri, round))
})

test('connections that nobody closes leave nothing once they are collected', async () => {
  const round = `
    const connection = await connect(uri)
    const large = new Array(1000).fill(0)
    await connection.onLifecycle(() => large)
    await connection.onClose(() => large)
    await connection.list()
  `
  await using host = await mockHost()
  expectBounded(await growth(host.uri, round))
})

test('subscriptions, calls and errors on one connection leave nothing', async () => {
  const round = `
    const large = new Array(1000).fill(0)
    const ends = [await connection.onLifecycle(() => large), await connection.onClose(() => large)]
    await Promise.allSettled([
      domain.xml(), domain.state(), domain.metadata('title'), domain.blockStats('none'),
      connection.list(), connection.onMonitorEvent(() => {}), connection.capabilities(),
    ])
    for (const end of ends) end()
  `
  const once = `
    const connection = await connect(uri)
    const domain = await connection.lookupByName('test')
  `
  expectBounded(await growth('test:///default', round, once))
})

test('subscribing to a closed connection leaves nothing', async () => {
  const once = `const connection = await connect(uri); await connection.close()`
  const round = `
    const large = new Array(1000).fill(0)
    await Promise.allSettled([
      connection.onLifecycle(() => large), connection.onMonitorEvent(() => large), connection.onClose(() => large),
      connection.onMonitorEvent(() => large, 5),
    ])
  `
  expectBounded(await growth('test:///default', round, once))
})
