import { expect, test } from 'vitest'
import { child, HANG } from './test-driver.ts'

/** Starts threads that have `connect` too, and waits for the first message of each. */
const THREADS = `
import { Worker } from 'node:worker_threads'
const index = ${JSON.stringify(import.meta.resolve('./index.ts'))}
function thread(source) {
  const whole = 'import { parentPort, threadId } from "node:worker_threads";' +
    'import { connect, LibvirtError } from ' + JSON.stringify(index) + ';' + source
  const worker = new Worker(whole, { eval: true })
  worker.said = new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject))
  worker.ended = new Promise((resolve) => worker.once('exit', resolve))
  return worker
}
`

test('many threads use the binding at once, each with its own errors and events', async () => {
  const ended = await child(`${THREADS}
    const threads = Array.from({ length: 8 }, () => thread(\`
      const connection = await connect('test:///default')
      const error = await connection.lookupByName('none').catch((error) => error)
      const heard = []
      await connection.onLifecycle(({ event }) => heard.push(event))
      const domain = await connection.defineXML('<domain type="test"><name>thread-' + threadId +
        '</name><memory>1024</memory><os><type>hvm</type></os></domain>')
      await domain.create()
      while (heard.length < 2) await new Promise((resolve) => setImmediate(resolve))
      await domain.destroy()
      await connection.close()
      parentPort.postMessage([error instanceof LibvirtError, error.symbol].join())
    \`))
    const connection = await connect('test:///default')
    const said = await Promise.all(threads.map((each) => each.said))
    const codes = await Promise.all(threads.map((each) => each.ended))
    console.log(new Set(said), new Set(codes), (await connection.list({ active: true })).length)
  `)
  expect(ended).toEqual({
    code: 0,
    stdout: "Set(1) { 'true,VIR_ERR_NO_DOMAIN' } Set(1) { 0 } 1\n",
    stderr: '',
  })
})

test('threads that end with handles, calls and subscriptions leave the others whole', async () => {
  const ended = await child(`${THREADS}
    const connection = await connect('test:///default')
    let heard = 0
    await connection.onLifecycle(() => ++heard)
    const domain = await connection.lookupByName('test')
    for (let round = 0; round < 60; ++round) {
      const worker = thread(\`
        const connection = await connect('test:///default')
        globalThis.domain = await connection.lookupByName('test')
        await connection.onLifecycle(() => {})
        await connection.onClose(() => {})
        parentPort.postMessage('ready')
        const ask = () => { connection.list().then(ask); connection.uri() }
        for (let at = 0; at < 50; ++at) ask()
      \`)
      await worker.said
      // Events and answers are on their way to the thread as it goes.
      const changed = domain.suspend()
      const [code] = await Promise.all([worker.terminate(), changed])
      if (code !== 1) throw new Error('ended with ' + code)
      await domain.resume()
    }
    while (heard < 120) await new Promise((resolve) => setImmediate(resolve))
    console.log(heard, (await domain.state()).state)
    await connection.close()
  `)
  expect(ended).toEqual({ code: 0, stdout: '120 running\n', stderr: '' })
})

test('a thread is ended although its call hangs in libvirt', async () => {
  const ended = await child(`${THREADS}${HANG}
    const worker = thread('await connect(' + JSON.stringify(hung) + ')')
    await called
    console.log(await worker.terminate())
    const connection = await connect('test:///default')
    console.log(await connection.isAlive())
  `)
  expect(ended).toEqual({ code: 0, stdout: '1\ntrue\n', stderr: '' })
})
