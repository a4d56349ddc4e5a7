import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { MemoryReport, TemplateSummary } from '../../contract/ramet.ts'
import { lastExit } from '../../engine/guest/log-reader.ts'
import { command, qemuProcesses, type TestEngine } from '../support/engine.ts'
import { until, useEngine } from '../support/fixture.ts'

let engine: TestEngine
let image: string

useEngine((fixture) => ({ engine, image } = fixture))

const run = (...args: string[]) => engine.ramet(['run', '--rm', ...args])

const inspect = (name: string) => engine.inspect(name)

describe('run', () => {
  test('gives the exit code, and output and errors on their own streams', async () => {
    const result = await run(image, 'sh', '-c', 'echo out; echo err >&2; exit 7')
    expect(result).toEqual({ code: 7, stdout: 'out\n', stderr: 'err\n' })
  })

  test('a command that does not exist is 127, one that cannot be executed 126', async () => {
    const missing = await run(image, 'no-such-command')
    expect(missing.code).toBe(127)
    expect(missing.stderr).toContain('no-such-command')
    const notExecutable = await run(image, '/etc/passwd')
    expect(notExecutable.code).toBe(126)
    expect(notExecutable.stderr).toContain('/etc/passwd')
  })

  test('ten megabytes arrive whole and in order', async () => {
    const lines = 1_500_000
    const { code, stdout } = await run(image, 'seq', '1', String(lines))
    expect(code).toBe(0)
    const expected = Array.from({ length: lines }, (_, at) => `${at + 1}\n`).join('')
    expect(expected.length).toBeGreaterThan(10_000_000)
    expect(stdout === expected).toBe(true)
  })

  test('the process is PID 1, of the given user, folder, environment and host name', async () => {
    const flags = ['-u', '1000:2000', '-w', '/made/up', '-e', 'GREETING=hello world', '--hostname', 'greeter']
    const script = 'echo $$; id -u; id -g; pwd; echo $GREETING; hostname'
    const { stdout } = await run(...flags, image, 'sh', '-c', script)
    expect(stdout.split('\n')).toEqual(['1', '1000', '2000', '/made/up', 'hello world', 'greeter', ''])
  })

  test('standard input goes in, and its end with it', async () => {
    const { code, stdout } = await engine.ramet(['run', '--rm', '-i', image, 'wc', '-c'], {
      input: 'x'.repeat(100_000),
    })
    expect({ code, count: stdout.trim() }).toEqual({ code: 0, count: '100000' })
  })

  test('a read-only root refuses writes, but not to its tmpfs', async () => {
    const { stdout } = await run('--read-only', '--tmpfs', '/run', image, 'sh', '-c', 'touch /x 2>/dev/null || echo no; touch /run/x && echo yes') // prettier-ignore
    expect(stdout).toBe('no\nyes\n')
  })

  test('--rm leaves nothing behind', async () => {
    expect((await run('--name', 'brief', image, 'true')).code).toBe(0)
    await until(
      'the container is gone',
      async () => (await engine.get('/containers/brief/json')).status === 404,
    )
    expect((await engine.get('/containers/json?all=1')).body).toBe('[]')
  })
})

describe('the life of a container', () => {
  test('stopped and started again it finds its writable disk as it left it', async () => {
    const script = 'echo run >> /data; wc -l < /data; trap "exit 3" TERM; while :; do sleep 0.1; done'
    expect((await engine.ramet(['run', '-d', '--name', 'keeper', image, 'sh', '-c', script])).code).toBe(0)
    await until('first run', async () => (await engine.ramet(['logs', 'keeper'])).stdout === '1\n')
    expect((await engine.ramet(['stop', 'keeper'])).code).toBe(0)
    expect((await inspect('keeper')).State).toMatchObject({ Status: 'exited', ExitCode: 3 })
    expect((await engine.ramet(['start', 'keeper'])).code).toBe(0)
    await until('second run', async () => (await engine.ramet(['logs', 'keeper'])).stdout === '1\n2\n')
    expect((await engine.ramet(['logs', '--tail', '1', 'keeper'])).stdout).toBe('2\n')
    expect((await engine.ramet(['rm', '-f', 'keeper'])).code).toBe(0)
  })

  test('who ignores the stop signal is killed after the time given', async () => {
    await engine.ramet([
      'run',
      '-d',
      '--name',
      'deaf',
      image,
      'sh',
      '-c',
      'trap "" TERM; while :; do sleep 1; done',
    ])
    expect((await engine.ramet(['stop', '-t', '1', 'deaf'])).code).toBe(0)
    expect((await inspect('deaf')).State).toMatchObject({ Status: 'exited', ExitCode: 137 })
    await engine.ramet(['rm', 'deaf'])
  })

  test('several start at the same time, each with its own identity', async () => {
    const script =
      'head -c 32 /dev/urandom | md5sum; cat /proc/sys/kernel/random/boot_id /etc/machine-id; hostname'
    const results = await Promise.all(Array.from({ length: 6 }, () => run(image, 'sh', '-c', script)))
    const identities = results.map(({ stdout }) => stdout.trim().split('\n'))
    for (const at of [0, 1, 2, 3]) {
      expect(new Set(identities.map((lines) => lines[at])).size).toBe(results.length)
    }
  })

  test('exec runs further processes in it', async () => {
    await engine.ramet(['run', '-d', '--name', 'host', '-e', 'A=1', image, 'sleep', '1000'])
    expect(await engine.ramet(['exec', 'host', 'sh', '-c', 'echo $A; echo e >&2; exit 5'])).toEqual({
      code: 5,
      stdout: '1\n',
      stderr: 'e\n',
    })
    const piped = await engine.ramet(['exec', '-i', 'host', 'cat'], { input: 'through\n' })
    expect(piped.stdout).toBe('through\n')
    expect((await engine.ramet(['exec', 'host', 'no-such-command'])).code).toBe(127)
    await engine.ramet(['kill', 'host'])
    expect((await inspect('host')).State.ExitCode).toBe(137)
    await engine.ramet(['rm', 'host'])
  })

  test('a published port answers, and is free again after the stop', async () => {
    const { stdout } = await engine.ramet(['run', '-d', '--name', 'web', '-p', '127.0.0.1::80', image, 'httpd', '-f', '-h', '/etc']) // prettier-ignore
    const bound = (await inspect('web')).NetworkSettings.Ports['80/tcp']?.[0]
    const url = `http://127.0.0.1:${bound?.HostPort}/passwd`
    await until('the web server answers', async () => fetch(url).then((r) => r.ok, () => false)) // prettier-ignore
    expect(await (await fetch(url)).text()).toContain('root:')
    await engine.ramet(['rm', '-f', stdout.trim()])
    await expect(fetch(url)).rejects.toThrow()
  })
})

describe('an engine that is killed', () => {
  test('containers go on, the next engine finds them, and the log has no gap', async () => {
    const script = 'i=0; while :; do i=$((i+1)); echo $i; sleep 0.02; done'
    await engine.ramet(['run', '-d', '--name', 'counter', image, 'sh', '-c', script])
    await until('it counts', async () => (await engine.ramet(['logs', 'counter'])).stdout.includes('10\n'))
    const { LogPath } = await inspect('counter')
    await engine.down('SIGKILL')
    const { size } = await stat(LogPath)
    await until('it counts on', async () => (await stat(LogPath)).size > size + 1_000)
    await engine.up()
    expect((await inspect('counter')).State.Running).toBe(true)
    await engine.ramet(['stop', '-t', '1', 'counter'])
    const numbers = (await engine.ramet(['logs', 'counter'])).stdout.trim().split('\n').map(Number)
    expect(numbers).toEqual(numbers.map((_, at) => at + 1))
    await engine.ramet(['rm', 'counter'])
  })

  test('a container that ended meanwhile is told with its exit code', async () => {
    // It ends when somebody knocks at its port, which needs no engine.
    const script = 'nc -l -p 9 >/dev/null; exit 9'
    await engine.ramet(['run', '-d', '--name', 'ends', '-p', '127.0.0.1::9', image, 'sh', '-c', script])
    const { LogPath, NetworkSettings } = await inspect('ends')
    await engine.down('SIGKILL')
    expect(await lastExit(LogPath, 1)).toBeUndefined()
    await until('it has ended', async () => {
      connect(Number(NetworkSettings.Ports['9/tcp']![0]!.HostPort), '127.0.0.1')
        .on('error', () => {})
        .end()
      return (await lastExit(LogPath, 1)) !== undefined
    })
    await engine.up()
    await until('it is told', async () => (await inspect('ends')).State.Status === 'exited')
    expect((await inspect('ends')).State.ExitCode).toBe(9)
    await engine.ramet(['rm', 'ends'])
  })
})

describe('an engine that is killed at work', () => {
  test('leaves no VM of a template half made, and no files', async () => {
    const making = engine.call('POST', '/ramet/v1/templates', { image, rebuild: true }).catch(() => undefined)
    const half = async () =>
      (await qemuProcesses(engine.home)).some((line) => line.includes('ramet-template'))
    await until('a VM boots for the template', half)
    await engine.down('SIGKILL')
    await making
    await engine.up()
    // The session daemon ends the VM in its own time.
    await until('the VM of the template is gone', async () => !(await half()))
    expect(
      (await readdir(join(engine.home, 'data/templates'))).filter((name) => name.startsWith('.')),
    ).toEqual([])
  })

  test('a second engine on the same files is refused, and takes nothing from the first', async () => {
    await engine.ramet(['run', '-d', '--name', 'held', image, 'sleep', '1000'])
    const second = await command('build/node', ['engine/main.ts'], { env: engine.env })
    expect(second.code).toBe(1)
    expect(second.stderr).toMatch(/engine (is )?already/)
    expect(second.stderr).not.toContain('serves')
    expect(await engine.ramet(['exec', 'held', 'echo', 'still'])).toMatchObject({
      code: 0,
      stdout: 'still\n',
    })
    await engine.ramet(['rm', '-f', 'held'])
  })
})

describe('memory', () => {
  test('clones share what the template holds, and the report adds up', async () => {
    for (const name of ['m1', 'm2', 'm3'])
      await engine.ramet(['run', '-d', '--name', name, image, 'sleep', '1000'])
    const report = JSON.parse((await engine.ramet(['memory', '--json'])).stdout) as MemoryReport
    const templates = JSON.parse(
      (await engine.ramet(['templates', 'ls', '--json'])).stdout,
    ) as TemplateSummary[]
    expect(report.containers).toHaveLength(3)
    const [template] = templates
    for (const container of report.containers) {
      expect(container.privateBytes).toBeGreaterThan(0)
      expect(container.privateBytes).toBeLessThan(template!.coldPrivateBytes / 4)
      expect(container.sharedBytes).toBeGreaterThan(0)
    }
    const { actualBytes, withoutSharingBytes, savedBytes } = report.totals
    expect(savedBytes).toBe(withoutSharingBytes - actualBytes)
    expect(savedBytes).toBeGreaterThan(template!.coldPrivateBytes)
    await engine.ramet(['rm', '-f', 'm1', 'm2', 'm3'])
  })

  test('reading every file of the image grows no page cache in the guest', async () => {
    const script =
      'grep ^Cached: /proc/meminfo; find /bin /etc -type f -exec cat {} + > /dev/null; grep ^Cached: /proc/meminfo'
    const { stdout } = await run(image, 'sh', '-c', script)
    const [before, after] = [...stdout.matchAll(/(\d+) kB/g)].map(([, kb]) => Number(kb))
    expect(after! - before!).toBeLessThan(256)
  })
})

describe('what goes wrong is said in one line, and leaves nothing behind', () => {
  const failing = async (...args: string[]) => {
    const { code, stdout, stderr } = await engine.ramet(args)
    expect(code).not.toBe(0)
    expect(stdout).toBe('')
    expect(stderr.trim().split('\n')).toHaveLength(1)
    expect((await engine.get('/containers/json?all=1')).body).toBe('[]')
    return stderr
  }

  test('an image that is not there', async () => {
    expect(await failing('run', '--pull', 'never', 'no-such-image')).toContain('no-such-image')
  })

  test('a port that is taken', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    expect(await failing('run', '--rm', '-p', `127.0.0.1:${port}:80`, image, 'true')).toContain(String(port))
    server.close()
  })

  test('a name that is taken', async () => {
    await engine.ramet(['create', '--name', 'mine', image, 'true'])
    const { code, stderr } = await engine.ramet(['create', '--name', 'mine', image, 'true'])
    expect(code).not.toBe(0)
    expect(stderr).toContain("'mine' is in use")
    await engine.ramet(['rm', 'mine'])
  })

  test('a template that is damaged is made anew', async () => {
    const templates = JSON.parse(
      (await engine.ramet(['templates', 'ls', '--json'])).stdout,
    ) as TemplateSummary[]
    const state = join(engine.home, 'data/templates', templates[0]!.id, 'state')
    const bytes = await readFile(state)
    bytes.writeUInt8(bytes[100]! ^ 0xff, 100)
    await writeFile(state, bytes)
    expect(await run(image, 'echo', 'well')).toMatchObject({ code: 0, stdout: 'well\n' })
  })

  test('no libvirt', async () => {
    const home = await mkdtemp(join(tmpdir(), 'ramet-'))
    const env = {
      ...process.env,
      RAMET_HOME: home,
      RAMET_LIBVIRT_URI: 'qemu+unix:///session?socket=/nonexistent',
    }
    const { code, stderr } = await command('build/node', ['engine/main.ts'], { env })
    expect(code).toBe(1)
    expect(stderr.trim().split('\n')).toHaveLength(1)
    expect(stderr).toContain('cannot reach libvirt')
    await rm(home, { recursive: true })
  })

  test('KVM demanded where it cannot be used', async (context) => {
    const host = JSON.parse((await engine.get('/ramet/v1/host')).body) as { accelerator: string }
    if (host.accelerator === 'kvm') return context.skip('KVM works here: its absence went untested')
    const home = await mkdtemp(join(tmpdir(), 'ramet-'))
    const env = { ...process.env, RAMET_HOME: home, RAMET_ACCEL: 'kvm' }
    const { code, stderr } = await command('build/node', ['engine/main.ts'], { env })
    expect(code).toBe(1)
    expect(stderr).toContain('KVM cannot be used')
    await rm(home, { recursive: true })
  })
})
