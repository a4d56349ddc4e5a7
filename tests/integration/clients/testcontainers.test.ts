import { createServer } from 'node:net'
import { text } from 'node:stream/consumers'
import { beforeAll, describe, expect, test } from 'vitest'
import { GenericContainer, Wait, type StartedTestContainer } from 'testcontainers'
import type { ContainerSummary } from '../../../contract/docker.ts'
import type { TestEngine } from '../../support/engine.ts'
import { until, useEngine } from '../../support/fixture.ts'

/** testcontainers-node, as test suites use it. It finds the engine by DOCKER_HOST, like any program. */
let engine: TestEngine
let image: string
useEngine((fixture) => ({ engine, image } = fixture))

const SERVE = ['sh', '-c', 'mkdir -p /www; echo served > /www/index.html; sleep 1; exec httpd -f -p 8000 -h /www'] // prettier-ignore

async function containers(): Promise<ContainerSummary[]> {
  return JSON.parse((await engine.get('/containers/json?all=1')).body) as ContainerSummary[]
}

const url = (container: StartedTestContainer): string =>
  `http://${container.getHost()}:${container.getMappedPort(8000)}/`

beforeAll(() => {
  process.env['DOCKER_HOST'] = `unix://${engine.socket}`
  process.env['TESTCONTAINERS_RYUK_DISABLED'] = 'true'
  // Where the tests themselves run in a container, it would look for published ports on that one's gateway.
  process.env['TESTCONTAINERS_HOST_OVERRIDE'] = 'localhost'
})

describe('testcontainers', () => {
  test('waits for a line of the log; exec, logs, labels, stop', async () => {
    const container = await new GenericContainer(image)
      .withCommand([
        'sh',
        '-c',
        'echo booting; sleep 1; echo "ready now" >&2; echo $GREETING; exec sleep 1000',
      ])
      .withEnvironment({ GREETING: 'hello' })
      .withLabels({ tier: 'back' })
      .withWaitStrategy(Wait.forLogMessage(/ready \w+/))
      .start()
    expect(await container.exec(['sh', '-c', 'echo out; echo err >&2; exit 3'])).toMatchObject({
      exitCode: 3,
      // Nobody promises in which order what came through two pipes is read.
      output: expect.stringMatching(/^(out\nerr|err\nout)\n$/),
      stdout: 'out\n',
      stderr: 'err\n',
    })
    const inside = await container.exec(['sh', '-c', 'pwd; id -u; echo $A'], { workingDir: '/tmp', user: 'app', env: { A: 'b' } }) // prettier-ignore
    expect(inside.output).toBe('/tmp\n1000\nb\n')
    const logs: string[] = []
    const stream = await container.logs()
    stream.on('data', (line: string) => logs.push(line))
    await until('the logs', async () => logs.join('').includes('hello'))
    expect(logs.join('')).toContain('booting')
    stream.destroy()
    expect(await containers()).toMatchObject([
      { State: 'running', Labels: { tier: 'back', 'org.testcontainers': 'true' } },
    ])
    await container.stop()
    expect(await containers()).toEqual([])
  })

  test('waits for a port, and for an answer over HTTP', async () => {
    const byPort = await new GenericContainer(image).withCommand(SERVE).withExposedPorts(8000).start()
    expect(await (await fetch(url(byPort))).text()).toBe('served\n')
    await byPort.restart()
    expect(await (await fetch(url(byPort))).text()).toBe('served\n')
    await byPort.stop()
    const byHttp = await new GenericContainer(image)
      .withCommand(SERVE)
      .withExposedPorts(8000)
      .withWaitStrategy(Wait.forHttp('/', 8000).forStatusCode(200))
      .start()
    expect(await (await fetch(url(byHttp))).text()).toBe('served\n')
    await byHttp.stop()
  })

  test('waits for health, and for a command that succeeds', async () => {
    const started = await new GenericContainer(image)
      .withCommand(['sh', '-c', 'sleep 1; touch /well; exec sleep 1000'])
      .withHealthCheck({ test: ['CMD-SHELL', 'test -e /well'], interval: 500, timeout: 5000, retries: 100 })
      .withWaitStrategy(Wait.forAll([Wait.forHealthCheck(), Wait.forSuccessfulCommand('test -e /well')]))
      .start()
    expect(await started.exec('ls /well')).toMatchObject({ exitCode: 0 })
    await started.stop()
  })

  test('waits for a container that does its work and ends', async () => {
    const done = await new GenericContainer(image)
      .withCommand(['sh', '-c', 'sleep 1; echo worked'])
      .withWaitStrategy(Wait.forOneShotStartup())
      .start()
    expect(await text(await done.logs())).toContain('worked')
    await done.stop()
  })

  test('copies files in before the start, and out of what runs', async () => {
    const container = await new GenericContainer(image)
      .withCopyContentToContainer([{ content: 'sown', target: '/etc/seed/words', mode: 0o640 }])
      .withCopyFilesToContainer([{ source: import.meta.filename, target: '/srv/this.ts' }])
      .withCommand(['sh', '-c', 'stat -c "%a" /etc/seed/words; cat /etc/seed/words; echo; exec sleep 1000'])
      .withWaitStrategy(Wait.forLogMessage('sown'))
      .start()
    expect((await container.exec('head -n 1 /srv/this.ts')).output).toContain('import')
    await container.copyContentToContainer([{ content: 'later', target: '/tmp/later' }])
    expect((await container.exec('cat /tmp/later')).output).toBe('later')
    const archive = await text(await container.copyArchiveFromContainer('/etc/seed'))
    expect(archive).toContain('sown')
    await container.stop()
  })

  test('a start that fails says why, and leaves no container', async () => {
    const failing = new GenericContainer(image)
      .withCommand(['sh', '-c', 'echo broken; exit 1'])
      .withWaitStrategy(Wait.forLogMessage('never said'))
    await expect(failing.start()).rejects.toThrow(/never said/)
    const server = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const { port } = server.address() as { port: number }
    const taken = new GenericContainer(image).withCommand(SERVE).withExposedPorts({ container: 8000, host: port }) // prettier-ignore
    await expect(taken.start()).rejects.toThrow(String(port))
    server.close()
    for (const { Id } of await containers()) await engine.call('DELETE', `/containers/${Id}?force=1`)
  })

  test('a container is made of another, and reused', async () => {
    const first = await new GenericContainer(image).withCommand(['sleep', '1000']).start()
    await first.exec(['sh', '-c', 'echo mine > /etc/mine'])
    const name = await first.commit({ repo: 'committed', tag: 'one' })
    await first.stop()
    const of = (): Promise<StartedTestContainer> =>
      new GenericContainer('committed:one').withCommand(['sleep', '1000']).withReuse().start()
    const [second, third] = [await of(), await of()]
    expect(name).toMatch(/^sha256:/)
    expect(third.getId()).toBe(second.getId())
    expect((await third.exec('cat /etc/mine')).output).toBe('mine\n')
    await third.stop()
  })

  test('what was kept warm goes on where it was, for the next that is started alike', async () => {
    const count = 'me=$(cat /proc/sys/kernel/random/uuid); echo begun; mkdir /www; httpd -p 8000 -h /www; i=0; while :; do i=$((i+1)); echo $me $i > /www/index.html; usleep 50000; done' // prettier-ignore
    const start = (): Promise<StartedTestContainer> =>
      new GenericContainer(image)
        .withCommand(['sh', '-c', count])
        .withLabels({ 'ramet.warm': 'healthy' })
        .withExposedPorts(8000)
        .withHealthCheck({
          test: ['CMD-SHELL', 'test -s /www/index.html'],
          interval: 500,
          timeout: 5000,
          retries: 100,
        }) // prettier-ignore
        .withWaitStrategy(Wait.forAll([Wait.forHealthCheck(), Wait.forLogMessage('begun')]))
        .start()
    const told = async (container: StartedTestContainer): Promise<string[]> => {
      // What is written anew this very moment is empty, or shorter than was said of it.
      let words: string[] = []
      const page = async (): Promise<string> => (await fetch(url(container))).text()
      await until('it is told', async () => {
        words = (await page().catch(() => '')).trim().split(' ')
        return words.length === 2
      })
      return words
    }
    const first = await start()
    const kinds = async (): Promise<string> => (await engine.get('/ramet/v1/templates')).body
    await until('it is frozen', async () => (await kinds()).includes('"healthy"'))
    const second = await start()
    const [[one, before], [two, after]] = [await told(first), await told(second)]
    expect(two).toBe(one)
    expect(Number(after)).toBeGreaterThan(1)
    expect(Number(before)).toBeGreaterThan(1)
    await until('both go on', async () => (await told(first))[1] !== before && (await told(second))[1] !== after) // prettier-ignore
    await first.stop()
    await second.stop()
  })
})
