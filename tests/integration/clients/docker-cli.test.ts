import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ContainerInspect } from '../../../contract/docker.ts'
import { qemuProcesses, TestEngine, type CliResult } from '../../support/engine.ts'
import { dockerEnvironment, dockerVersion, runDocker, until } from '../../support/fixture.ts'
import { busyboxImage } from '../../support/images.ts'

/** Docker's own command line is the judge of the API. */
const version = await dockerVersion()
if (!version) console.warn('SKIPPED: no docker command here, so no client of Docker was tried on the API')

describe.skipIf(!version)(`docker's command line (${version})`, () => {
  let engine: TestEngine

  const docker = (args: string[], input?: string): Promise<CliResult> => runDocker(engine, args, input)

  const state = async (name: string): Promise<string> =>
    (await docker(['inspect', '-f', '{{.State.Status}} {{.State.ExitCode}}', name])).stdout.trim()

  beforeAll(async () => {
    engine = await TestEngine.start()
    const { archive, tag } = await busyboxImage()
    const loaded = await docker(['load', '-i', archive])
    expect(loaded).toMatchObject({ code: 0, stderr: '' })
    expect(loaded.stdout).toMatch(new RegExp(`Loaded image: ${tag}\n$`))
  })

  afterAll(async () => {
    await engine[Symbol.asyncDispose]()
    expect(await qemuProcesses(engine.home)).toEqual([])
  })

  test('finds the engine and the image', async () => {
    expect((await docker(['version', '-f', '{{.Server.APIVersion}} {{.Server.Os}}'])).stdout).toBe(
      '1.51 linux\n',
    )
    expect((await docker(['info', '-f', '{{.Driver}} {{.Images}}'])).stdout).toBe('ramet 1\n')
    expect((await docker(['images', '--format', '{{.Repository}}:{{.Tag}}'])).stdout).toBe('busybox:latest\n')
    expect((await docker(['inspect', '-f', '{{.Os}}', 'busybox'])).stdout).toBe('linux\n')
  })

  test('run: output, errors and exit code', async () => {
    const script = 'echo out; echo err >&2; exit 7'
    expect(await docker(['run', '--rm', 'busybox', 'sh', '-c', script])).toEqual({
      code: 7,
      stdout: 'out\n',
      stderr: 'err\n',
    })
    expect((await docker(['ps', '-aq'])).stdout).toBe('')
  })

  test('run -i: input reaches the process, and so does its end', async () => {
    const typed = 'x'.repeat(100_000)
    expect(await docker(['run', '--rm', '-i', 'busybox', 'cat'], typed)).toEqual({
      code: 0,
      stdout: typed,
      stderr: '',
    })
  })

  test('run -d, logs, exec, stop, start, wait, rm', async () => {
    const script = 'echo started; trap "exit 3" TERM; while :; do sleep 0.1; done'
    const run = await docker(['run', '-d', '--name', 'web', '--label', 'tier=front', 'busybox', 'sh', '-c', script]) // prettier-ignore
    expect(run.stdout).toMatch(/^[0-9a-f]{64}\n$/)
    await until('the log', async () => (await docker(['logs', 'web'])).stdout === 'started\n')
    expect((await docker(['logs', '-t', 'web'])).stdout).toMatch(/^\d{4}-\d\d-\d\dT\S+Z started\n$/)
    expect((await docker(['ps', '-q', '--no-trunc', '--filter', 'label=tier=front'])).stdout).toBe(run.stdout)
    expect((await docker(['ps', '-q', '--filter', 'label=tier=back'])).stdout).toBe('')

    expect(await docker(['exec', 'web', 'sh', '-c', 'echo out; exit 5'])).toMatchObject({
      code: 5,
      stdout: 'out\n',
    })
    expect(await docker(['exec', '-i', 'web', 'cat'], 'typed')).toMatchObject({ code: 0, stdout: 'typed' })
    expect(await docker(['exec', '-t', 'web', 'tty'])).toMatchObject({ code: 0, stdout: '/dev/pts/0\r\n' })
    expect(await docker(['exec', '-d', 'web', 'touch', '/made'])).toMatchObject({ code: 0 })
    await until('the file', async () => (await docker(['exec', 'web', 'ls', '/made'])).code === 0)

    expect(await docker(['stop', 'web'])).toMatchObject({ code: 0, stdout: 'web\n' })
    expect(await state('web')).toBe('exited 3')
    expect(await docker(['start', 'web'])).toMatchObject({ code: 0 })
    const wait = docker(['wait', 'web'])
    await until('the second start', async () => (await state('web')) === 'running 0')
    expect(await docker(['kill', 'web'])).toMatchObject({ code: 0 })
    expect((await wait).stdout).toBe('137\n')
    expect(await docker(['rm', 'web'])).toMatchObject({ code: 0 })
    expect(await docker(['inspect', 'web'])).toMatchObject({ code: 1 })
  })

  test('logs -f goes on until the container ends', async () => {
    await docker(['run', '-d', '--name', 'count', 'busybox', 'sh', '-c', 'for n in 1 2 3; do echo $n; sleep 1; done']) // prettier-ignore
    expect(await docker(['logs', '-f', 'count'])).toMatchObject({ code: 0, stdout: '1\n2\n3\n' })
    expect((await docker(['logs', '--tail', '1', 'count'])).stdout).toBe('3\n')
    await docker(['rm', '-f', 'count'])
  })

  test('events tell of a container’s life', async () => {
    // However late it asks, it is told of all since then.
    const since = (Date.now() / 1000).toFixed(3)
    const events = spawn(
      'docker',
      ['events', '--since', since, '--format', '{{.Action}}', '--filter', 'type=container'],
      {
        // prettier-ignore
        env: dockerEnvironment(engine),
        stdio: ['ignore', 'pipe', 'ignore'],
      },
    )
    let seen = ''
    events.stdout.on('data', (data: Buffer) => (seen += data.toString()))
    await docker(['run', '--rm', 'busybox', 'true'])
    await until('the events', async () => seen.includes('destroy'))
    events.kill()
    await once(events, 'close')
    const expected = ['create', 'start', 'die', 'destroy']
    expect(seen.split('\n').filter((action) => expected.includes(action))).toEqual(expected)
  })

  test('exit codes: 125 of docker, 126 and 127 of the command, 128 and more of signals', async () => {
    const run = (...args: string[]): Promise<CliResult> => docker(['run', '--rm', ...args])
    expect(await run('--name', '-', 'busybox', 'true')).toMatchObject({ code: 125 })
    expect(await run('busybox', '/etc/passwd')).toMatchObject({ code: 126 })
    expect(await run('busybox', 'no-such-command')).toMatchObject({ code: 127 })
    expect(await run('busybox', 'sh', '-c', 'sleep 9 & kill -9 $!; wait $!')).toMatchObject({ code: 137 })
    expect((await docker(['ps', '-aq'])).stdout).toBe('')
  })

  test('signals that docker gets, the process gets', async () => {
    const script = 'trap "echo caught; exit 8" TERM; echo ready; while :; do sleep 0.1; done'
    const client = spawn('docker', ['run', '--rm', '--name', 'proxied', 'busybox', 'sh', '-c', script], {
      env: dockerEnvironment(engine),
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    let shown = ''
    client.stdout.on('data', (data: Buffer) => (shown += data.toString()))
    await until('its start', async () => shown === 'ready\n')
    client.kill('SIGTERM')
    expect(await once(client, 'close')).toEqual([8, null])
    expect(shown).toBe('ready\ncaught\n')
  })

  test('restart, port, ps and start -a', async () => {
    const up = ['run', '-d', '--name', 'again', '-p', '127.0.0.1::80', 'busybox', 'httpd', '-f']
    expect(await docker(up)).toMatchObject({ code: 0 })
    expect((await docker(['port', 'again', '80'])).stdout).toMatch(/^127\.0\.0\.1:\d+\n$/)
    const row = ['ps', '--format', '{{.Names}}|{{.Image}}|{{.Command}}|{{.State}}|{{.Ports}}']
    expect((await docker(row)).stdout).toMatch(
      /^again\|busybox\|"httpd -f"\|running\|127\.0\.0\.1:\d+->80\/tcp\n$/,
    )
    const started = async (): Promise<string> =>
      (await docker(['inspect', '-f', '{{.State.StartedAt}}', 'again'])).stdout
    const before = await started()
    expect(await docker(['restart', '-t', '1', 'again'])).toMatchObject({ code: 0 })
    expect(await started()).not.toBe(before)
    expect(await docker(['rm', '-f', 'again'])).toMatchObject({ code: 0 })

    await docker(['create', '--name', 'short', 'busybox', 'sh', '-c', 'echo done; exit 2'])
    expect(await docker(['start', '-a', 'short'])).toMatchObject({ code: 2, stdout: 'done\n' })
    expect(await docker(['start', '-a', 'short'])).toMatchObject({ code: 2, stdout: 'done\n' })
    expect((await docker(['logs', 'short'])).stdout).toBe('done\ndone\n')
    expect(await docker(['rm', 'short'])).toMatchObject({ code: 0 })
  })

  test('tag, history, save, rmi and load: the image is the same', async () => {
    const id = async (name: string): Promise<string> =>
      (await docker(['image', 'inspect', '-f', '{{.Id}}', name])).stdout
    const original = await id('busybox')
    expect(await docker(['tag', 'busybox', 'copy:one'])).toMatchObject({ code: 0 })
    expect((await docker(['history', '-q', 'copy:one'])).stdout).toContain(original.slice(7, 19))
    const archive = join(engine.home, 'saved.tar')
    expect(await docker(['save', '-o', archive, 'copy:one', 'busybox'])).toMatchObject({ code: 0 })
    expect(await docker(['rmi', 'copy:one', 'busybox'])).toMatchObject({ code: 0 })
    expect(await docker(['run', '--rm', '--pull', 'never', 'busybox', 'true'])).toMatchObject({ code: 125 })
    expect((await docker(['load', '-i', archive])).stdout).toMatch(/Loaded image: copy:one\n/)
    expect([await id('copy:one'), await id('busybox')]).toEqual([original, original])
    expect(await docker(['run', '--rm', 'copy:one', 'echo', 'runs'])).toMatchObject({ stdout: 'runs\n' })
    expect(await docker(['rmi', 'copy:one'])).toMatchObject({ code: 0, stdout: 'Untagged: copy:one\n' })
    expect((await docker(['system', 'df', '--format', '{{.Type}} {{.TotalCount}}'])).stdout).toMatch(
      /^Images 1\nContainers 0\n/,
    )
  })

  test('a command line that is killed takes its container’s input with it', async () => {
    // Several, and asked without a process between: each as soon as it runs, when the engine has more to do for a start.
    for (const orphan of ['orphan-1', 'orphan-2', 'orphan-3', 'orphan-4']) {
      const status = async (): Promise<string> => {
        const { status, body } = await engine.get(`/containers/${orphan}/json`)
        return status === 200 ? (JSON.parse(body) as ContainerInspect).State.Status : ''
      }
      const client = spawn('docker', ['run', '-i', '--name', orphan, 'busybox', 'cat'], {
        env: dockerEnvironment(engine),
        stdio: ['pipe', 'ignore', 'ignore'],
      })
      while ((await status()) !== 'running') await delay(1)
      client.kill('SIGKILL')
      await once(client, 'close')
      await until('the end', async () => (await state(orphan)) === 'exited 0')
      await docker(['rm', orphan])
    }
  })

  test('what is refused says so in words', async () => {
    const refused = await docker(['swarm', 'init'])
    expect(refused.code).toBe(1)
    expect(refused.stderr).toMatch(/^Error response from daemon: this node is not a swarm manager/)
    expect((await docker(['run', '--rm', 'no.such.host.invalid/a', 'true'])).stderr).toMatch(
      /no\.such\.host\.invalid/,
    )
    expect((await docker(['rm', 'nobody'])).stderr).toMatch(/no such container: nobody/i)
  })
})
