import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ImageInspect } from '../../contract/docker-images.ts'
import type { ContainerInspect } from '../../contract/docker.ts'
import { command, qemuProcesses, TestEngine } from '../support/engine.ts'
import { debianImage } from '../support/images.ts'
import { TestRegistry } from '../support/registry.ts'

/** Images of Debian's packages, from Debian's registry, to a process in a VM and back. */
let engine: TestEngine
let registry: TestRegistry
let redis: string
let python: string

beforeAll(async () => {
  engine = await TestEngine.start()
  registry = await TestRegistry.start()
  redis = await registry.push(
    (
      await debianImage({
        name: 'redis:test',
        packages: ['redis-server'],
        config: {
          Cmd: ['redis-server', '--bind', '0.0.0.0', '--protected-mode', 'no', '--appendonly', 'yes'],
          WorkingDir: '/data',
        },
      })
    ).archive,
    'redis:test',
  )
  python = await registry.push(
    (
      await debianImage({
        name: 'python:test',
        packages: ['python3'],
        config: { Env: ['PATH=/usr/bin:/bin', 'FROM_IMAGE=yes'], User: '1000:100', WorkingDir: '/srv/app' },
      })
    ).archive,
    'python:test',
  )
}, 600_000)

afterAll(async () => {
  await engine[Symbol.asyncDispose]()
  await registry[Symbol.asyncDispose]()
  expect(await qemuProcesses(engine.home)).toEqual([])
})

async function redisCli(port: string, ...args: string[]): Promise<string> {
  const deadline = Date.now() + 120_000
  for (;;) {
    const { code, stdout, stderr } = await command('redis-cli', ['-p', port, ...args], { timeoutMs: 10_000 })
    if (code === 0 && !/refused|LOADING|closed/i.test(stdout + stderr)) return stdout.trim()
    if (Date.now() > deadline) throw new Error(`redis-cli ${args.join(' ')}: ${stdout}${stderr}`)
    await delay(200)
  }
}

test('redis of at least four layers serves on its published port, and keeps its data over stop and start', async () => {
  const started = await engine.ramet(['run', '-d', '--name', 'cache', '-p', '127.0.0.1::6379', redis], {
    timeoutMs: 240_000,
  })
  expect(started).toMatchObject({ code: 0 })
  const image = JSON.parse((await engine.get(`/images/${redis}/json`)).body) as ImageInspect
  expect(image.RootFS.Layers.length).toBeGreaterThanOrEqual(4)

  const port = async () => {
    const { NetworkSettings } = JSON.parse(
      (await engine.get('/containers/cache/json')).body,
    ) as ContainerInspect
    return NetworkSettings.Ports['6379/tcp']?.[0]?.HostPort ?? ''
  }
  expect(await redisCli(await port(), 'set', 'greeting', 'hello')).toBe('OK')
  expect(await redisCli(await port(), 'get', 'greeting')).toBe('hello')
  expect(await engine.ramet(['stop', 'cache'])).toMatchObject({ code: 0 })
  expect(await engine.ramet(['start', 'cache'])).toMatchObject({ code: 0 })
  expect(await redisCli(await port(), 'get', 'greeting')).toBe('hello')
  expect(await engine.ramet(['rm', '-f', 'cache'])).toMatchObject({ code: 0 })
})

test('python sees the environment, user, folder, process id and host name that Docker would give it', async () => {
  const script = [
    'import os, socket, json',
    'print(json.dumps([dict(os.environ), os.getuid(), os.getgid(), os.getcwd(), os.getpid(), socket.gethostname()]))',
  ].join('\n')
  const flags = ['--rm', '-e', 'GIVEN=a b', '--hostname', 'snake']
  const { code, stdout, stderr } = await engine.ramet(['run', ...flags, python, 'python3', '-c', script], {
    timeoutMs: 240_000,
  })
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' })
  expect(JSON.parse(stdout)).toEqual([
    expect.objectContaining({ PATH: '/usr/bin:/bin', FROM_IMAGE: 'yes', GIVEN: 'a b', HOSTNAME: 'snake' }),
    1000,
    100,
    '/srv/app',
    1,
    'snake',
  ])
})

test('every file of an image of many is read past the page cache of the guest', async () => {
  // Folders and small files' inodes are metadata, and cached; the contents of no file may be.
  const script = [
    'import os',
    'cached = lambda: int([l for l in open("/proc/meminfo") if l.startswith("Cached:")][0].split()[1]) * 1024',
    'total = 0; start = cached(); kept = []',
    'for top, _, names in os.walk("/"):',
    '    if top.split("/")[1] in ("proc", "sys", "dev", "etc"): continue',
    '    for path in (os.path.join(top, name) for name in names):',
    '        if not os.path.isfile(path) or os.path.islink(path): continue',
    '        before = cached(); size = len(open(path, "rb").read()); total += size',
    '        if size >= 1 << 18 and cached() - before > size / 2: kept.append(path)',
    'print(total, cached() - start, *kept)',
  ].join('\n')
  const { code, stdout } = await engine.ramet(['run', '--rm', '-u', '0', python, 'python3', '-c', script], {
    timeoutMs: 240_000,
  })
  expect(code).toBe(0)
  const [total, grown, ...kept] = stdout.trim().split(' ')
  expect(Number(total)).toBeGreaterThan(20_000_000)
  expect(kept).toEqual([])
  expect(Number(grown)).toBeLessThan(Number(total) / 20)
})
