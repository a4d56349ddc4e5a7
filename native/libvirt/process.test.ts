import { expect, test } from 'vitest'
import { child, HANG } from './test-driver.ts'

test('a process ends by itself with connections open and subscriptions alive', async () => {
  const ended = await child(`
    const connection = await connect('test:///default')
    await connection.onLifecycle(() => console.log('heard'))
    await connection.onClose(() => console.log('closed'))
    await connection.lookupByName('test')
    console.log('last line')
  `)
  expect(ended).toEqual({ code: 0, stdout: 'last line\n', stderr: '' })
})

test('a call under way keeps the process alive until it is answered', async () => {
  const ended = await child(`
    connect('test:///default').then((connection) => connection.list()).then((list) => console.log(list.length))
  `)
  expect(ended).toEqual({ code: 0, stdout: '1\n', stderr: '' })
})

test('process.exit in the middle of many calls ends at once', async () => {
  const ended = await child(`
    const connections = await Promise.all(Array.from({ length: 20 }, () => connect('test:///default')))
    for (let round = 0; round < 2000; ++round) {
      for (const connection of connections) connection.capabilities().catch(() => {})
    }
    await connections[0].uri().catch(() => {})
    process.exit(0)
  `)
  expect(ended).toEqual({ code: 0, stdout: '', stderr: '' })
})

test('process.exit does not wait for a call that hangs in libvirt', async () => {
  const ended = await child(`${HANG}
    connect(hung).then(() => console.log('answered'), () => console.log('refused'))
    await called
    process.exit(0)
  `)
  expect(ended).toEqual({ code: 0, stdout: '', stderr: '' })
})

test('more hanging calls than threads do not stop the process', async () => {
  const ended = await child(`${HANG}
    for (let at = 0; at < 40; ++at) connect(hung).catch(() => {})
    await called
    process.exit(0)
  `)
  expect(ended).toEqual({ code: 0, stdout: '', stderr: '' })
})

test('a signal ends the process in the middle of a call', async () => {
  const ended = await child(`${HANG}
    process.once('SIGTERM', () => process.exit(7))
    connect(hung).catch(() => {})
    await called
    process.kill(process.pid, 'SIGTERM')
  `)
  expect(ended.code).toBe(7)
})

test('a listener that throws is an uncaught exception', async () => {
  const ended = await child(`
    const connection = await connect('test:///default')
    await connection.onLifecycle(() => { throw new Error('of the listener') })
    const domain = await connection.lookupByName('test')
    await domain.suspend()
    setInterval(() => {}, 1000)
  `)
  expect(ended.code).toBe(1)
  expect(ended.stderr).toContain('Error: of the listener')
})

test('where that is handled, the next event and the other listener are told', async () => {
  const ended = await child(`
    // A subscription alone would let the process end.
    const alive = setInterval(() => {}, 1000)
    const caught = []
    process.on('uncaughtException', (error) => caught.push(error.message))
    const connection = await connect('test:///default')
    await connection.onLifecycle(({ event }) => { throw new Error('on ' + event) })
    const heard = []
    const { promise: second, resolve } = Promise.withResolvers()
    await connection.onLifecycle(({ event }) => heard.push(event) === 2 && resolve())
    const domain = await connection.lookupByName('test')
    await domain.suspend()
    await domain.resume()
    await second
    console.log(heard.join(), '|', caught.join())
    clearInterval(alive)
    await connection.close()
  `)
  expect(ended).toEqual({ code: 0, stdout: 'suspended,resumed | on suspended,on resumed\n', stderr: '' })
})

test('errors come with the calls: libvirt prints nothing', async () => {
  const ended = await child(`
    const connection = await connect('test:///default')
    const errors = [connect('test+unix:///x?socket=/no/such'), connection.lookupByName('none'), connection.defineXML('<')]
    console.log((await Promise.allSettled(errors)).map(({ reason }) => reason.symbol).join())
  `)
  expect(ended).toEqual({
    code: 0,
    stdout: 'VIR_ERR_SYSTEM_ERROR,VIR_ERR_NO_DOMAIN,VIR_ERR_XML_DETAIL\n',
    stderr: '',
  })
})

// RLIMIT_NPROC counts all of a user's threads, and does not bind root: hence the limit of 1, and another user.
test('a machine without threads to give is an error, not the end of the process', async () => {
  const ended = await child(`
    import { execFileSync } from 'node:child_process'
    execFileSync('prlimit', ['--pid', String(process.pid), '--nproc=1:1'])
    if (process.getuid() === 0) process.setuid(65534)
    const error = await connect('test:///default').then(() => 'connected', (error) => error)
    console.log(error.name, error.symbol)
  `)
  expect(ended).toEqual({ code: 0, stdout: 'LibvirtError VIR_ERR_SYSTEM_ERROR\n', stderr: '' })
})
