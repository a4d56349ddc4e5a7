import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ImageSummary } from '../../contract/docker-images.ts'
import type { ContainerSummary } from '../../contract/docker.ts'
import { command, qemuProcesses, TestEngine, type CliResult } from '../support/engine.ts'
import { until } from '../support/fixture.ts'
import { busyboxImage } from '../support/images.ts'
import { TestRegistry } from '../support/registry.ts'

/** The command line on a real engine, from what users type to what they see. */
const ramet = join(import.meta.dirname, '../../cli/ramet')
let engine: TestEngine
let registry: TestRegistry
let image: string
let archive: string

beforeAll(async () => {
  engine = await TestEngine.start()
  registry = await TestRegistry.start()
  ;({ tag: image, archive } = await busyboxImage())
  expect(await engine.ramet(['load', '-i', archive])).toMatchObject({ code: 0 })
})

afterAll(async () => {
  await registry[Symbol.asyncDispose]()
  await engine[Symbol.asyncDispose]()
  expect(await qemuProcesses(engine.home)).toEqual([])
})

async function json<T>(...args: string[]): Promise<T> {
  const { code, stdout, stderr } = await engine.ramet(args)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return JSON.parse(stdout) as T
}

const containers = (): Promise<ContainerSummary[]> => json('ps', '-a', '--json')

/** One line on stderr, nothing on stdout, and no container left. */
async function refused(code: number, ...args: string[]): Promise<string> {
  const result = await engine.ramet(args)
  expect({ code: result.code, stdout: result.stdout }).toEqual({ code, stdout: '' })
  expect(result.stderr).toMatch(/^ramet: [^\n]+\n$/)
  return result.stderr
}

describe('bad input', () => {
  test('an image that is nowhere', async () => {
    expect(await refused(125, 'run', '--rm', '--pull', 'never', 'no-such-image')).toContain('no-such-image')
    expect(await refused(1, 'create', '--pull', 'never', 'no-such-image')).toContain('no-such-image')
    expect(await refused(1, 'rmi', 'no-such-image')).toContain('no-such-image')
    const missing = await engine.ramet(['run', '--rm', `${registry.host}/no-such:image`])
    expect(missing).toMatchObject({ code: 125, stdout: '' })
    expect(missing.stderr.trim().split('\n').at(-1)).toMatch(/^ramet: .*no-such/)
    expect(await containers()).toEqual([])
  })

  test('a port that is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const publish = ['-p', `127.0.0.1:${port}:80`]
    expect(await refused(125, 'run', '--rm', ...publish, image, 'true')).toContain(String(port))
    expect(await containers()).toEqual([])
    // Without --rm the container stays, as Docker leaves it.
    expect(await refused(125, 'run', '--name', 'stays', ...publish, image, 'true')).toContain(String(port))
    server.close()
    expect(await engine.ramet(['start', '-a', 'stays'])).toMatchObject({ code: 0 })
    expect(await engine.ramet(['rm', 'stays'])).toMatchObject({ code: 0, stdout: 'stays\n' })
  })

  test('a name that is taken, or that is none', async () => {
    expect(await engine.ramet(['create', '--name', 'taken', image, 'true'])).toMatchObject({ code: 0 })
    expect(await refused(125, 'run', '--name', 'taken', image, 'true')).toContain("'taken' is in use")
    expect(await refused(125, 'run', '--name', '-dash', image, 'true')).toContain("'-dash'")
    expect(await engine.ramet(['rm', 'taken'])).toMatchObject({ code: 0 })
  })

  test('flags, commands and values that do not exist', async () => {
    expect(await refused(125, 'run', '--no-such-flag', image)).toContain("'--no-such-flag'")
    expect(await refused(125, 'no-such-command')).toContain("'no-such-command'")
    expect(await refused(125, 'run', '-p', 'http:80', image)).toContain("'http:80'")
    expect(await refused(125, 'run', '-m', 'much', image)).toContain("'much'")
    expect(await refused(125, 'run', '--cap-add', 'FLY', image)).toContain('FLY')
    expect(await refused(1, 'stop', 'no-such-container')).toContain('no-such-container')
    expect(await refused(1, 'load', '-i', '/no/such/file')).toContain('/no/such/file')
    expect(await containers()).toEqual([])
  })

  test('what is no archive', async () => {
    const { code, stderr } = await engine.ramet(['load'], { input: 'this is no archive' })
    expect(code).toBe(1)
    expect(stderr).toMatch(/^ramet: [^\n]*archive[^\n]*\n$/)
  })
})

describe('what programs read', () => {
  test('every --json output parses', async () => {
    await engine.ramet(['run', '-d', '--name', 'shown', image, 'sleep', '1000'])
    expect(await containers()).toMatchObject([{ Names: ['/shown'], State: 'running', Image: image }])
    expect(await json('images', '--json')).toMatchObject([{ RepoTags: [image] }])
    expect(await json('templates', '--json')).toMatchObject([{ image, clones: 1 }])
    expect(await json('memory', '--json')).toMatchObject({ containers: [{ name: 'shown' }], totals: {} })
    expect(await json('doctor', '--json')).toMatchObject({ ok: true })
    expect(await json('engine', 'status', '--json')).toMatchObject({ running: true, pid: engine.pid })
    expect(await json('inspect', 'shown', image)).toMatchObject([{ Name: '/shown' }, { RepoTags: [image] }])
    await engine.ramet(['rm', '-f', 'shown'])
    expect(await json('templates', 'prune', '--json')).toMatchObject({ removed: [expect.any(String)] })
  })

  test('engine env names the socket that the engine serves', async () => {
    const { stdout } = await engine.ramet(['engine', 'env'])
    expect(stdout).toBe(`export DOCKER_HOST=unix://${engine.socket}\n`)
    const shown = await command('sh', ['-c', `eval "$("${ramet}" engine env)"; echo "$DOCKER_HOST"`], { env: engine.env }) // prettier-ignore
    expect(shown.stdout).toBe(`unix://${engine.socket}\n`)
  })
})

describe('images', () => {
  test('run pulls what is missing, with progress on stderr; rmi takes it away', async () => {
    const reference = await registry.push(archive, 'pulled:1')
    const { code, stdout, stderr } = await engine.ramet(['run', '--rm', reference, 'echo', 'ran'])
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'ran\n' })
    expect(stderr).toContain(`Unable to find image '${reference}' locally\n`)
    expect(await engine.ramet(['pull', '-q', reference])).toEqual({
      code: 0,
      stdout: `${reference}\n`,
      stderr: '',
    })
    expect(await engine.ramet(['tag', reference, 'mine:2'])).toMatchObject({ code: 0 })
    const [, ...rows] = (await engine.ramet(['images'])).stdout.trim().split('\n')
    const named = rows.map((row) => row.split(/ {3,}/).slice(0, 2).join(':'))
    expect(named).toEqual(expect.arrayContaining([image, reference, 'mine:2']))
    expect(await engine.ramet(['rmi', reference, 'mine:2'])).toMatchObject({ code: 0 })
    expect((await json<ImageSummary[]>('images', '--json')).flatMap(({ RepoTags }) => RepoTags)).toEqual([
      image,
    ])
  })

  test('load reads standard input', async () => {
    const input = await readFile(archive)
    expect(await engine.ramet(['load'], { input })).toEqual({
      code: 0,
      stdout: `Loaded image: ${image}\n`,
      stderr: '',
    })
  })
})

describe('attached', () => {
  /** Resolves once it has said so; its output goes on being read. */
  function said(child: ChildProcessWithoutNullStreams, what: string): Promise<void> {
    return new Promise((resolve, reject) => {
      let text = ''
      child.stdout.on('data', (data: Buffer) => {
        text += data.toString()
        if (text.includes(what)) resolve()
      })
      child.once('close', () => reject(new Error(`it ended without saying '${what}': ${text}`)))
    })
  }

  test('Ctrl-C goes to the container, whose exit code comes back', async () => {
    const script = 'trap "echo caught; exit 9" INT; echo ready; while :; do sleep 0.1; done'
    const child = spawn(ramet, ['run', '--rm', image, 'sh', '-c', script], { env: engine.env })
    let text = ''
    child.stdout.on('data', (data: Buffer) => {
      text += data.toString()
      if (text === 'ready\n') child.kill('SIGINT')
    })
    expect(await once(child, 'close')).toEqual([9, null])
    expect(text).toBe('ready\ncaught\n')
    expect(await containers()).toEqual([])
  })

  test('a shell in a terminal, left by ctrl-p ctrl-q and joined again', async () => {
    const onTerminal = (words: string) =>
      spawn('script', ['-qefc', `stty rows 33 cols 101; exec ${ramet} ${words}`, '/dev/null'], {
        env: engine.env,
      })
    const first = onTerminal(`run -it --name shell ${image} sh`)
    first.stdin.write('tty; stty size\n')
    await said(first, '/dev/pts/0\r\n33 101\r\n')
    first.stdin.write('\x10\x11')
    expect(await once(first, 'exit')).toEqual([0, null])
    expect((await containers())[0]).toMatchObject({ State: 'running' })
    const second = onTerminal('attach shell')
    second.stdin.write('exit $((3 + 4))\n')
    second.stdout.resume()
    expect(await once(second, 'exit')).toEqual([7, null])
    expect(await engine.ramet(['rm', 'shell'])).toMatchObject({ code: 0 })
  })

  test('a reader that has had enough ends the command', async () => {
    const script = `"${ramet}" run --rm ${image} sh -c 'echo first; sleep 1; echo second' | head -n 1`
    expect(await command('sh', ['-c', script], { env: engine.env })).toMatchObject({
      code: 0,
      stdout: 'first\n',
    })
    await until('its container has ended and gone', async () => (await containers()).length === 0)
  })
})

describe('demo', () => {
  const FIELDS = ['accelerator', 'cloneMs', 'clonePrivateBytes', 'coldBootMs', 'coldPrivateBytes', 'image', 'ok', 'savedBytes'] // prettier-ignore

  interface Report {
    cloneMs: number[]
    coldPrivateBytes: number
    clonePrivateBytes: number[]
    ok: boolean
  }

  test('answers over published ports, reports, and cleans up', async () => {
    const report = await json<Report>('demo', '--json', '--count', '2')
    expect(Object.keys(report).sort()).toEqual(FIELDS)
    expect(report.ok).toBe(true)
    expect(report.cloneMs).toHaveLength(2)
    expect(report.clonePrivateBytes).toHaveLength(2)
    for (const bytes of report.clonePrivateBytes) expect(bytes).toBeLessThan(report.coldPrivateBytes / 4)
    expect(await containers()).toEqual([])
    expect((await json<ImageSummary[]>('images', '--json')).flatMap(({ RepoTags }) => RepoTags)).toEqual([
      image,
    ])
  })

  test('with an image of the user’s', async () => {
    const reference = await registry.push(archive, 'demo:1')
    const { code, stdout } = await engine.ramet(['demo', '--json', '--image', reference, '--count', '1'])
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ image: reference, ok: true })
    expect(await containers()).toEqual([])
    await engine.ramet(['rmi', reference])
  })

  test('interrupted it cleans up', async () => {
    const child = spawn(ramet, ['demo'], { env: engine.env })
    let text = ''
    child.stderr.on('data', (data: Buffer) => {
      text += data.toString()
      if (text.endsWith('booting one VM cold (kvm) …\n') || text.endsWith('(tcg) …\n')) child.kill('SIGINT')
    })
    expect(await once(child, 'close')).toEqual([130, null])
    expect(text).toMatch(/\ncleaning up …\nramet: the demo was interrupted[^\n]*\n$/)
    expect(await containers()).toEqual([])
  })
})

describe('an engine that the command line starts', () => {
  let home: string
  const own = (...args: string[]): Promise<CliResult> =>
    command(ramet, args, { env: { ...process.env, RAMET_HOME: home } })

  beforeAll(async () => {
    home = await mkdtemp('/tmp/ramet-')
  })

  afterAll(async () => {
    await own('engine', 'stop')
    await rm(home, { recursive: true })
  })

  test('is one, however many commands need it at once; stopped it leaves containers running', async () => {
    expect(await own('engine', 'status')).toMatchObject({ code: 1 })
    const started = await Promise.all([1, 2, 3, 4].map(() => own('engine', 'start')))
    expect(started.map(({ code }) => code)).toEqual([0, 0, 0, 0])
    expect(started.filter(({ stdout }) => stdout.startsWith('the engine serves'))).toHaveLength(1)
    expect(await own('load', '-i', archive)).toMatchObject({ code: 0 })
    expect(await own('run', '-d', '--name', 'outlives', image, 'sleep', '1000')).toMatchObject({ code: 0 })
    expect(await own('engine', 'stop')).toMatchObject({ code: 0 })
    expect(await own('engine', 'status', '--json')).toMatchObject({ code: 1 })
    expect(await qemuProcesses(home)).toHaveLength(1)
    // The next command starts it again, which finds the container.
    expect(await own('exec', 'outlives', 'echo', 'still here')).toMatchObject({
      code: 0,
      stdout: 'still here\n',
    })
    expect(await own('rm', '-f', 'outlives')).toMatchObject({ code: 0 })
    expect(await own('engine', 'stop')).toMatchObject({ code: 0 })
    expect(await own('engine', 'stop')).toMatchObject({ code: 0, stdout: 'no engine runs\n' })
    expect(await qemuProcesses(home)).toEqual([])
  })

  test('that cannot start is told with what it said last', async () => {
    const env = { ...process.env, RAMET_HOME: home, RAMET_KIT: '/no/such/kit' }
    const { code, stdout, stderr } = await command(ramet, ['ps'], { env })
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(/^ramet: the engine did not start: [^\n]*\/no\/such\/kit[^\n]*engine\.log\n$/)
    const doctor = await command(ramet, ['doctor', '--json'], { env })
    expect(doctor.code).toBe(1)
    expect(JSON.parse(doctor.stdout)).toMatchObject({
      ok: false,
      checks: [{ name: 'engine', status: 'failed' }],
    })
  })
})
