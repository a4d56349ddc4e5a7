import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { access, mkdtemp, readdir, readFile, rm, statfs, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { tar, type TarSpec } from '../../engine/images/tar/testing.ts'
import { command, qemuProcesses, type CliResult, type TestEngine } from '../support/engine.ts'
import { until, useEngine } from '../support/fixture.ts'
import { busyboxImage, makeImage, type Layer } from '../support/images.ts'
import { TestRegistry } from '../support/registry.ts'

/**
 * What people get wrong, and what is wrong with what they were given, by the command line: one line that says what to do,
 * an exit code, and nothing left behind.
 */
const exec = promisify(execFile)
const ramet = join(import.meta.dirname, '../../cli/ramet')

let engine: TestEngine
let image: string
let registry: TestRegistry
let folder: string

useEngine((fixture) => ({ engine, image } = fixture))

beforeAll(async () => {
  folder = await mkdtemp('/tmp/ramet-bad-')
  registry = await TestRegistry.start()
})

afterAll(async () => {
  await registry[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

/** Images, disks, templates, logs, sockets, domains and VMs of a home. */
async function tracesIn(home: string): Promise<string[]> {
  const below = async (path: string, recursive = true): Promise<string[]> =>
    (await readdir(join(home, path), { recursive }).catch(() => [])).map((name) => join(path, name))
  const folders = [
    'data/images',
    'data/containers',
    'data/templates',
    'data/volumes',
    'state/containers',
    'run',
  ]
  const found = await Promise.all(folders.map((path) => below(path)))
  const domains = (await below('data/libvirt/etc/qemu', false)).filter((path) => path.endsWith('.xml'))
  const processes = (await qemuProcesses(home)).map((line) => line.trim().split(' ')[0]!)
  // The list of images is made with the first of them, and may be empty.
  const made = found.flat().filter((path) => path !== 'data/images/index.json')
  return [...made, ...domains, ...processes].sort()
}

/** Fails in one line that says `advice`, and leaves all as it was. */
async function fails(code: number, args: string[], advice: RegExp): Promise<void> {
  const before = await tracesIn(engine.home)
  await failsInOneLine(code, args, advice)
  expect(await tracesIn(engine.home)).toEqual(before)
}

async function failsInOneLine(code: number, args: string[], advice: RegExp): Promise<void> {
  const result = await engine.ramet(args)
  expect({ code: result.code, stdout: result.stdout }).toEqual({ code, stdout: '' })
  // A pull tells of its progress first.
  const said = result.stderr.trim().split('\n').filter((line) => line.startsWith('ramet:')) // prettier-ignore
  expect(said, result.stderr).toHaveLength(1)
  expect(result.stderr.trim().endsWith(said[0]!)).toBe(true)
  expect(said[0]).toMatch(advice)
}

async function archiveOf(name: string, layers: Layer[]): Promise<string> {
  const file = join(folder, `${name}.tar`)
  await makeImage({ tag: `bad/${name}:1`, layers }, file)
  return file
}

describe('images', () => {
  test('one that no registry has', async () => {
    await fails(
      125,
      ['run', '--rm', `${registry.host}/no/such:1`, 'true'],
      /no such image: .*check name and tag/,
    )
    await fails(1, ['pull', '-q', `${registry.host}/no/such:1`], /check name and tag/)
    await fails(125, ['run', '--rm', '--pull', 'never', 'no-such', 'true'], /no-such.*ramet pull/)
  })

  test('a registry that is down', async () => {
    await using gone = await TestRegistry.start()
    await gone.stop()
    await fails(
      125,
      ['run', '--rm', `${gone.host}/any:1`, 'true'],
      /cannot reach the registry.*check the name and the network/,
    )
  })

  test('a registry that sends something else than it promised, or half of it', async () => {
    const reference = await registry.push((await busyboxImage()).archive, 'bad/busybox:1')
    for (const damage of [
      (data: Buffer) => Buffer.from(data.map((byte, at) => (at === 99 ? byte ^ 1 : byte))),
      (data: Buffer) => data.subarray(0, data.length / 2),
    ]) {
      registry.intercept = (call, answer) => {
        const digest = /\/blobs\/(sha256:[0-9a-f]{64})$/.exec(call.url!)?.[1]
        if (call.method !== 'GET' || !digest) return false
        void readFile(registry.blobFile(digest)).then((data) => answer.end(damage(data)))
        return true
      }
      await fails(125, ['run', '--rm', reference, 'true'], /try again/)
    }
    registry.intercept = () => false
  })

  const bad: [string, () => Layer | Promise<Layer>, RegExp][] = [
    ['an entry ../x', () => tar([{ path: '../x', data: 'x' }]), /leads out of the image/],
    ['a truncated layer', () => truncated(), /truncated/],
    ['a layer that is not what the config promises', () => ({ data: tar([{ path: 'a', data: 'a' }]), diffId: `sha256:${'0'.repeat(64)}` }), /config promises/], // prettier-ignore
  ]
  test.each(bad)('%s: loaded or pulled', async (name, layer, advice) => {
    const archive = await archiveOf(name.replace(/\W+/g, '-').toLowerCase(), [await layer()])
    await fails(1, ['load', '-i', archive], advice)
    const reference = await registry.push(archive, 'bad/pulled:1')
    await fails(1, ['pull', '-q', reference], advice)
    await fails(125, ['run', '--rm', reference, 'true'], advice)
  })

  test('one that takes the name of a good one does not keep it', async () => {
    const name = `${registry.host}/bad/moving:1`
    const idOf = async (): Promise<string> => {
      const { code, stdout } = await engine.ramet(['inspect', name])
      expect(code).toBe(0)
      return (JSON.parse(stdout) as { Id: string }[])[0]!.Id
    }
    await registry.push((await busyboxImage()).archive, 'bad/moving:1')
    expect(await engine.ramet(['pull', '-q', name])).toMatchObject({ code: 0 })
    const good = await idOf()
    await registry.push(await archiveOf('moving', [tar([{ path: '../x', data: 'x' }])]), 'bad/moving:1')
    const before = await tracesIn(engine.home)
    await failsInOneLine(1, ['pull', '-q', name], /leads out of the image/)
    // The good one is there by another name too; the copies of its layers that this name brought may go.
    expect((await tracesIn(engine.home)).filter((path) => !before.includes(path))).toEqual([])
    expect(await idOf()).toBe(good)
    await engine.ramet(['rmi', name])
  })
})

/** A layer whose tar archive ends in the middle, with digests that hold. */
function truncated(): Layer {
  const entries: TarSpec[] = [{ path: 'a', data: randomBytes(100_000) }]
  return tar(entries).subarray(0, 50_000)
}

describe('containers', () => {
  test('a port that is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    // The first one makes the template, which stays.
    expect(await engine.ramet(['run', '--rm', image, 'true'])).toMatchObject({ code: 0 })
    await fails(125, ['run', '--rm', '-p', `127.0.0.1:${port}:80`, image, 'true'], /choose another host port/)
    server.close()
  })

  test('a name that is taken', async () => {
    expect(await engine.ramet(['create', '--name', 'taken', image, 'true'])).toMatchObject({ code: 0 })
    await fails(125, ['run', '--rm', '--name', 'taken', image, 'true'], /choose another name/)
    expect(await engine.ramet(['rm', 'taken'])).toMatchObject({ code: 0 })
  })
})

test('a disk that is full as an image is converted', async (context) => {
  const home = await mkdtemp('/tmp/ramet-')
  const mounted = await exec('mount', ['-t', 'tmpfs', '-o', 'size=400m', 'ramet-test', home]).then(() => true, () => false) // prettier-ignore
  if (!mounted) return context.skip('a full disk went untested: this user cannot mount a tmpfs')
  const own = (...args: string[]): Promise<CliResult> =>
    command(ramet, args, { env: { ...process.env, RAMET_HOME: home } })
  try {
    expect(await own('engine', 'start')).toMatchObject({ code: 0 })
    const archive = await archiveOf('large', [tar([{ path: 'random', data: randomBytes(20_000_000) }])])
    const { bavail, bsize } = await statfs(home)
    await writeFile(join(home, 'filler'), Buffer.alloc(bavail * bsize - 30_000_000))
    const before = await tracesIn(home)
    const { code, stdout, stderr } = await own('load', '-i', archive)
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(/^ramet: [^\n]*(?:free|ramet rmi)[^\n]*\n$/)
    expect(await tracesIn(home)).toEqual(before)
    expect((await own('images', '-q')).stdout).toBe('')
    await rm(join(home, 'filler'))
    expect(await own('load', '-i', archive)).toMatchObject({ code: 0 })
  } finally {
    await own('engine', 'stop')
    // What reaps its VMs ends a little after it, and has its log open.
    await until('nobody to hold it', () => exec('umount', [home]).then(() => true, () => false)) // prettier-ignore
    await rm(home, { recursive: true })
  }
})

describe('a machine on which no engine can run', () => {
  const env = (home: string, extra: NodeJS.ProcessEnv) => ({ ...process.env, RAMET_HOME: home, ...extra })

  /** The line with which a command ends that finds no engine and cannot start one. */
  async function refused(extra: NodeJS.ProcessEnv, wrapper: string[] = []): Promise<string> {
    const home = await mkdtemp('/tmp/ramet-')
    try {
      const [file, ...args] = [...wrapper, ramet, 'run', '--rm', image, 'true']
      const { code, stdout, stderr } = await command(file!, args, { env: env(home, extra) })
      expect({ code, stdout }, stderr).toEqual({ code: 125, stdout: '' })
      expect(stderr).toMatch(/^ramet: the engine did not start: [^\n]+\n$/)
      expect(await qemuProcesses(home)).toEqual([])
      const left = (await tracesIn(home)).filter((path) => path !== 'run/vm')
      expect(left).toEqual([])
      return stderr
    } finally {
      await rm(home, { recursive: true })
    }
  }

  test('no libvirt', async () => {
    const line = await refused({ RAMET_LIBVIRT_URI: 'qemu+unix:///session?socket=/nonexistent' })
    expect(line).toMatch(/cannot reach libvirt at .*Install libvirt/)
  })

  test('KVM demanded, and no /dev/kvm', async (context) => {
    const missing = await access('/dev/kvm').then(() => false, () => true) // prettier-ignore
    if (!missing && process.getuid!() !== 0) {
      return context.skip('a machine without /dev/kvm went untested: only root can hide it')
    }
    // A /dev of its own, with what programs need and nothing else.
    const hidden = `mount -t tmpfs dev ${folder} && cp -a /dev/null /dev/zero /dev/random /dev/urandom ${folder} &&
      mount --bind ${folder} /dev && exec "$@"`
    const wrapper = missing
      ? []
      : ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', hidden, 'sh']
    const line = await refused({ RAMET_ACCEL: 'kvm' }, wrapper)
    expect(line).toMatch(/there is no \/dev\/kvm\. .*RAMET_ACCEL=auto/)
  })
})
