import { randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { encodeMessage, FrameType } from '../../contract/guest-protocol/frame.ts'
import { AgentClient, type ExecConfig } from '../../engine/guest/agent-client.ts'
import { createOverlay, GoldenDisks } from '../../engine/hypervisor/disk.ts'
import { openHypervisor } from '../../engine/hypervisor/libvirt-hypervisor.ts'
import { libvirtUri } from '../../engine/hypervisor/uri.ts'
import { identity, startConfig } from '../../engine/services/containers/process.ts'
import { noNetwork } from '../../engine/services/networks/guest.ts'
import { openKit } from '../../engine/services/kit.ts'
import { paths } from '../../contract/paths.ts'
import type { TestEngine } from '../support/engine.ts'
import { until, useEngine } from '../support/fixture.ts'

let engine: TestEngine
let image: string

useEngine((fixture) => ({ engine, image } = fixture))

/** The lines that a script prints in a container of its own. */
async function lines(flags: string[], script: string): Promise<string[]> {
  const { code, stdout, stderr } = await engine.ramet(['run', '--rm', ...flags, image, 'sh', '-c', script])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return stdout.trim().split('\n')
}

describe('a process in a container', () => {
  /** Docker's default set, as the kernel writes it. */
  const DEFAULT_CAPABILITIES = '00000000a80425fb'

  test('has the capabilities of Docker, fewer or more where asked, none as an ordinary user', async () => {
    const script = "grep -E 'CapEff|CapBnd' /proc/self/status | cut -f2"
    expect(await lines([], script)).toEqual([DEFAULT_CAPABILITIES, DEFAULT_CAPABILITIES])
    expect(await lines(['--cap-drop', 'ALL', '--cap-add', 'CHOWN'], script)).toEqual([
      '0000000000000001',
      '0000000000000001',
    ])
    expect(await lines(['-u', 'app'], script)).toEqual(['0000000000000000', DEFAULT_CAPABILITIES])
    const [all] = await lines(['--privileged'], script)
    expect(parseInt(all!, 16)).toBeGreaterThan(parseInt(DEFAULT_CAPABILITIES, 16))
  })

  test('has the limits, kernel parameters, hosts and name servers that were asked for', async () => {
    const flags = ['--ulimit', 'nofile=123:456', '--sysctl', 'net.core.somaxconn=77', '--shm-size', '8m']
    const more = ['--add-host', 'db:10.9.8.7', '--dns', '10.1.1.1', '--group-add', '4242', '-u', 'app']
    const script = [
      'ulimit -Sn; ulimit -Hn; cat /proc/sys/net/core/somaxconn; df -m /dev/shm | tail -1 | awk "{print \\$2}"',
      'grep -c "10.9.8.7.*db" /etc/hosts; cat /etc/resolv.conf; id -G',
    ].join('\n')
    const [soft, hard, somaxconn, shm, host, dns, groups] = await lines([...flags, ...more], script)
    expect([soft, hard, somaxconn, shm, host, dns]).toEqual([
      '123',
      '456',
      '77',
      '8',
      '1',
      'nameserver 10.1.1.1',
    ])
    expect(groups!.split(' ')).toContain('4242')
  })

  test('an unknown user, and a kernel parameter that is none, are refused in one line', async () => {
    for (const flags of [
      ['-u', 'nobody-here'],
      ['--sysctl', 'no.such=1'],
    ]) {
      const { code, stderr } = await engine.ramet(['run', '--rm', ...flags, image, 'true'])
      expect(code).toBe(125)
      expect(stderr.trim().split('\n')).toHaveLength(1)
      expect(stderr).toContain(flags[1]!.split('=')[0])
    }
  })

  test('with --init orphans are reaped, and the exit code and signals pass', async () => {
    // Who has ended and was not reaped can still be sent signals.
    const reaped =
      '(sleep 0.2 & echo $! > /orphan); for i in $(seq 300); do kill -0 $(cat /orphan) || break; sleep 0.1; done'
    const script = `${reaped} 2>/dev/null; kill -0 $(cat /orphan) 2>/dev/null || echo reaped; exit 5`
    const { code, stdout } = await engine.ramet(['run', '--rm', '--init', image, 'sh', '-c', script])
    expect({ code, stdout }).toEqual({ code: 5, stdout: 'reaped\n' })
  })

  test('cannot reach what listens on the loopback of the host', async () => {
    let reached = 0
    const server = createServer((socket) => {
      reached++
      socket.end('inside the host\n')
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    const script = `nc -w 3 10.0.2.2 ${port} </dev/null; echo code $?`
    const { stdout } = await engine.ramet(['run', '--rm', image, 'sh', '-c', script])
    server.close()
    expect(stdout).not.toContain('inside the host')
    expect(stdout).toContain('code 1')
    expect(reached).toBe(0)
  })
})

describe('a guest without an identity', () => {
  test('starts nothing, whatever it is asked, until it was given a seed that is long enough', async () => {
    const home = await mkdtemp('/tmp/ramet-')
    const kit = await openKit(join(import.meta.dirname, '../../native/guest/out/kit'))
    const hypervisor = await openHypervisor({
      uri: libvirtUri({
        uid: process.getuid!(),
        embedRoot: join(home, 'libvirt'),
        path: process.env['PATH'] ?? '',
      }),
      accelerator: process.env['RAMET_ACCEL'] ?? 'auto',
      cacheDir: paths(process.env, process.getuid!()).cache,
      kernel: kit.kernel,
      owner: home,
    })
    const { path: goldenDisk } = await GoldenDisks.open(join(home, 'golden'))
    const erofs = join(engine.home, 'data/images/erofs')
    const file = (await readdir(erofs)).find((name) => name.endsWith('.erofs'))!
    const path = join(erofs, file)
    const disk = join(home, 'disk.qcow2')
    await createOverlay(disk, goldenDisk)
    const agentSocket = join(home, 'agent')
    const vm = await hypervisor.createTransient({
      name: `ramet-test-${randomBytes(4).toString('hex')}`,
      uuid: randomUUID(),
      hardware: {
        accelerator: hypervisor.facts.accelerator,
        memoryBytes: 256 * 1024 * 1024,
        vcpus: 1,
        kernel: kit.kernel,
        image: { path, bytes: (await stat(path)).size },
        goldenDisk,
      },
      disk,
      agentSocket,
      guardFile: join(home, 'guard'),
      logFile: join(home, 'log'),
    })
    try {
      await vm.resume()
      const agent = await AgentClient.connect({ path: agentSocket, timeoutMs: 120_000 })
      expect(agent.hello).toMatchObject({ state: 'idle', imageMounted: true })
      const refused = { code: 'PROTOCOL_ERROR', message: expect.stringContaining('no identity') as string }
      const none = { config: { Cmd: ['true'], Hostname: 'none' }, hostConfig: {}, run: 1 }
      const network = noNetwork(none)
      const config = startConfig(none, network)
      await expect(agent.start(config)).rejects.toMatchObject(refused)
      const who = identity(none.config, network)
      await expect(agent.identify({ ...who, seed: randomBytes(31) })).rejects.toThrow('no seed')
      await expect(agent.start(config)).rejects.toMatchObject(refused)
      await agent.identify(who)
      await agent.start(config)
      expect(await agent.waitExit).toEqual({ code: 0, oomKilled: false })
      agent.close()
    } finally {
      await vm.destroy()
      await hypervisor.close()
      await rm(home, { recursive: true })
    }
  })
})

describe('the link, after an engine was killed', () => {
  const exec = (...argv: string[]): ExecConfig => ({
    argv,
    env: ['PATH=/bin'],
    cwd: '/',
    user: '',
    groups: [],
    tty: false,
    openStdin: true,
    privileged: false,
  })
  let path: string

  beforeAll(async () => {
    expect(await engine.ramet(['run', '-d', '--name', 'sleeper', image, 'sleep', '1000'])).toMatchObject({
      code: 0,
    })
    await engine.down('SIGKILL')
    const folder = join(engine.home, 'run/vm')
    const [socket] = (await readdir(folder)).filter((name) => name.endsWith('.agent'))
    path = join(folder, socket!)
  })

  afterAll(async () => {
    await engine.up()
    await engine.ramet(['rm', '-f', 'sleeper'])
  })

  async function send(data: Buffer): Promise<void> {
    const socket = connect(path)
    await once(socket, 'connect')
    socket.write(data)
    await new Promise((resolve) => setTimeout(resolve, 100))
    socket.destroy()
  }

  async function answers(): Promise<void> {
    const agent = await AgentClient.connect({ path, timeoutMs: 60_000 })
    expect(agent.hello).toMatchObject({ state: 'running', imageMounted: true })
    const process = await agent.exec(exec('cat'))
    process.stdin.end('there and back')
    expect(await text(process.stdout)).toBe('there and back')
    expect(await process.exited).toEqual({ code: 0, oomKilled: false })
    agent.close()
  }

  test('takes up anew, whatever the last connection left: half frames, noise, nothing', async () => {
    const payload = Buffer.alloc(9_000, 1)
    const frame = encodeMessage({ type: FrameType.exec, channel: 77, payload }, crc32)
    for (const cut of [1, 15, 16, 17, 5_000, frame.length - 1]) {
      await send(frame.subarray(0, cut))
      await answers()
    }
    for (let turn = 0; turn < 5; turn++) {
      await send(randomBytes(50_000))
      await answers()
    }
    await send(Buffer.alloc(0))
    await answers()
  })

  test('output that nobody reads stands still and comes whole when it is read', async () => {
    const agent = await AgentClient.connect({ path, timeoutMs: 60_000 })
    const process = await agent.exec(exec('sh', '-c', 'seq 1 200000; echo done >&2'))
    let length = 0
    await until('it stands still', async () => {
      const last = length
      length = process.stdout.readableLength
      return length > 0 && length === last
    })
    expect(length).toBeLessThanOrEqual(65_536)
    const expected = Array.from({ length: 200_000 }, (_, at) => `${at + 1}\n`).join('')
    const [out, err] = await Promise.all([text(process.stdout), text(process.stderr)])
    expect(out === expected).toBe(true)
    expect(err).toBe('done\n')
    agent.close()
  })

  test('a second identity and a second start are refused', async () => {
    const agent = await AgentClient.connect({ path, timeoutMs: 60_000 })
    const network = { address: '10.0.2.15/24', gateway: '10.0.2.2', mtu: 1500, interface: '', mac: '' }
    const again = { wallClockNs: 0n, hostname: 'x', machineId: 'x', network }
    await expect(agent.identify({ ...again, seed: randomBytes(64) })).rejects.toThrow(
      'runs its container already',
    )
    await expect(agent.signal('SIGNOTHING')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    await expect(agent.exec(exec('/etc/passwd'))).rejects.toMatchObject({ code: 'COMMAND_NOT_EXECUTABLE' })
    await expect(agent.exec({ ...exec('true'), argv: [] })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    })
    agent.close()
  })

  test('a terminal is one of the container, of the size given, and has one output', async () => {
    const agent = await AgentClient.connect({ path, timeoutMs: 60_000 })
    // Of a terminal without a size it says only that there is none, and the size comes once the process runs.
    const resized =
      'for i in $(seq 300); do test "$(stty size 2>/dev/null)" = "42 101" && break; sleep 0.1; done'
    const process = await agent.exec({
      ...exec('sh', '-c', `${resized}; stty size; tty; echo err >&2`),
      tty: true,
    })
    process.resize(101, 42)
    const out = await text(process.stdout)
    expect(out.split('\r\n').slice(0, 3)).toEqual(['42 101', '/dev/pts/0', 'err'])
    agent.close()
  })
})
