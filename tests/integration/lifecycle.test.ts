import { execFile } from 'node:child_process'
import { readdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import type { ContainerPruneResponse } from '../../contract/docker.ts'
import { type CliResult, type TestEngine } from '../support/engine.ts'
import { dockerVersion, runDocker, until, useEngine } from '../support/fixture.ts'

/** What can be done to a container besides running it; Docker's own command line is the judge where there is one. */
let engine: TestEngine
let image: string

const COUNT = 'i=0; while :; do i=$((i+1)); echo $i; sleep 0.05; done'

const withDocker = await dockerVersion()
if (!withDocker)
  console.warn("SKIPPED: no docker command here, so none of Docker's clients tried the life cycle")

useEngine((fixture) => ({ engine, image } = fixture))

const run = (command: string, args: string[]) =>
  promisify(execFile)(command, args, {
    env: { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin` },
  })

const ramet = (...args: string[]): Promise<CliResult> => engine.ramet(args)

const docker = (...args: string[]): Promise<CliResult> => runDocker(engine, args)

const done = (name: string) => ({ code: 0, stdout: `${name}\n`, stderr: '' })

const inspect = (name: string) => engine.inspect(name)

async function counted(name: string): Promise<number[]> {
  return (await ramet('logs', name)).stdout.split('\n').slice(0, -1).map(Number)
}

/** Starts a container that counts in its log, and waits until it does. */
async function counting(name: string, ...flags: string[]): Promise<void> {
  const started = await ramet('run', '-d', '--name', name, ...flags, image, 'sh', '-c', COUNT)
  expect(started).toMatchObject({ code: 0, stderr: '' })
  await until(`${name} counts`, async () => (await counted(name)).length > 3)
}

/** It stands still, and after `unpause` goes on with the number that follows. */
async function goesOn(name: string, unpause: () => Promise<CliResult>): Promise<void> {
  const before = await counted(name)
  await delay(2_000)
  expect(await counted(name)).toEqual(before)
  expect(await unpause()).toEqual(done(name))
  await until(`${name} goes on`, async () => (await counted(name)).length > before.length + 3)
  const numbers = await counted(name)
  expect(numbers).toEqual(numbers.map((_, at) => at + 1))
  expect((await inspect(name)).State).toMatchObject({ Status: 'running', Paused: false })
  expect(await ramet('exec', name, 'echo', 'awake')).toMatchObject({ code: 0, stdout: 'awake\n' })
  // The two seconds at least that it stood still are not missing.
  const now = Math.floor(Date.now() / 1000 - 0.5)
  expect(Number((await ramet('exec', name, 'date', '+%s')).stdout)).toBeGreaterThanOrEqual(now)
}

describe('pause', () => {
  test('nothing moves, nobody gets in, and it goes on where it stood', async () => {
    await counting('still')
    expect(await ramet('pause', 'still')).toEqual(done('still'))
    expect((await inspect('still')).State).toMatchObject({ Status: 'paused', Running: true, Paused: true })
    const exec = await ramet('exec', 'still', 'true')
    expect(exec.code).not.toBe(0)
    expect(exec.stderr).toMatch(/^ramet: container still is paused[^\n]*\n$/)
    expect((await ramet('pause', 'still')).code).toBe(1)
    await goesOn('still', () => ramet('unpause', 'still'))
    expect((await ramet('unpause', 'still')).stderr).toContain('is not paused')
    expect(await ramet('rm', '-f', 'still')).toEqual(done('still'))
  })

  test('the next engine finds it paused and lets it go on', async () => {
    await counting('kept')
    expect(await ramet('pause', 'kept')).toEqual(done('kept'))
    await engine.down('SIGKILL')
    await engine.up()
    expect((await inspect('kept')).State).toMatchObject({ Status: 'paused', Paused: true })
    await goesOn('kept', () => ramet('unpause', 'kept'))

    // And stops one that it has never spoken to.
    expect(await ramet('pause', 'kept')).toEqual(done('kept'))
    await engine.down('SIGKILL')
    await engine.up()
    expect(await ramet('stop', '-t', '1', 'kept')).toEqual(done('kept'))
    expect((await inspect('kept')).State).toMatchObject({ Status: 'exited', Paused: false, ExitCode: 137 })
    expect(await ramet('rm', 'kept')).toEqual(done('kept'))
  })

  test('kill and a forced removal reach one that is paused', async () => {
    await counting('p1')
    await counting('p2')
    expect((await ramet('pause', 'p1', 'p2')).code).toBe(0)
    expect(await ramet('kill', 'p1')).toEqual(done('p1'))
    expect((await inspect('p1')).State).toMatchObject({ Status: 'exited', ExitCode: 137, Error: '' })
    expect((await ramet('rm', 'p2')).code).toBe(1)
    expect((await ramet('rm', '-f', 'p1', 'p2')).code).toBe(0)
  })
})

test('its disk is a whole file system after each start, the first one and later ones', async () => {
  const command = [
    'run',
    '--name',
    'disk',
    image,
    'sh',
    '-c',
    'echo $(($(cat /kept 2>/dev/null || echo 0) + 1)) > /kept; cat /kept',
  ]
  expect(await ramet(...command)).toMatchObject({ code: 0, stdout: '1\n' })
  const disk = diskOf(await inspect('disk'))
  await checkDisk(disk)
  expect(await ramet('start', '-a', 'disk')).toMatchObject({ code: 0, stdout: '2\n' })
  await checkDisk(disk)
  expect(await readdir(dirname(disk))).toEqual(['disk.qcow2'])
  expect((await ramet('rm', 'disk')).code).toBe(0)
})

const diskOf = ({ Id }: { Id: string }): string => join(engine.home, 'data/containers', Id, 'disk.qcow2')

/** By ext4's own check, which changes nothing and rejects for whatever it would. */
async function checkDisk(qcow2: string): Promise<void> {
  const raw = `${qcow2}.raw`
  try {
    // QEMU locks it until it has ended, which is a moment after the container's end is told.
    const copied = (): Promise<boolean> => run('qemu-img', ['convert', '-O', 'raw', qcow2, raw]).then(() => true, () => false) // prettier-ignore
    await until('its disk is free', copied)
    await run('e2fsck', ['-fn', raw])
  } finally {
    await rm(raw, { force: true })
  }
}

test('a container has its new name at once, also where it runs, and for the next engine', async () => {
  await counting('before')
  expect(await ramet('rename', 'before', 'after')).toEqual({ code: 0, stdout: '', stderr: '' })
  expect(await ramet('exec', 'after', 'echo', 'here')).toMatchObject({ code: 0, stdout: 'here\n' })
  await engine.down('SIGKILL')
  await engine.up()
  expect((await inspect('after')).Name).toBe('/after')
  expect((await engine.get('/containers/before/json')).status).toBe(404)
  expect(await ramet('create', '--name', 'before', image, 'true')).toMatchObject({ code: 0 })
  expect((await ramet('rename', 'before', 'after')).stderr).toContain("'after' is in use")
  expect((await ramet('rm', '-f', 'before', 'after')).code).toBe(0)
})

test('prune removes what has ended, and nothing else', async () => {
  await counting('runs')
  await counting('halted')
  expect(await ramet('pause', 'halted')).toEqual(done('halted'))
  const ended = await ramet(
    'run',
    '--name',
    'ended',
    '--label',
    'tier=back',
    image,
    'sh',
    '-c',
    'echo x > /x',
  )
  expect(ended.code).toBe(0)
  const { Id } = await inspect('ended')
  const front = await ramet('prune', '--filter', 'label=tier=front')
  expect(front).toEqual({ code: 0, stdout: 'Total reclaimed space: 0B\n', stderr: '' })
  const pruned = JSON.parse((await ramet('prune', '--json')).stdout) as ContainerPruneResponse
  expect(pruned.ContainersDeleted).toEqual([Id])
  expect(pruned.SpaceReclaimed).toBeGreaterThan(0)
  expect((await engine.get(`/containers/${Id}/json`)).status).toBe(404)
  expect((await inspect('runs')).State.Status).toBe('running')
  expect((await inspect('halted')).State.Status).toBe('paused')
  expect((await ramet('rm', '-f', 'runs', 'halted')).code).toBe(0)
})

test('a restart policy given to a running container holds at its end', async () => {
  const script = 'rm -f /end; echo begun; while [ ! -e /end ]; do sleep 0.1; done; exit 4'
  expect((await ramet('run', '-d', '--name', 'again', image, 'sh', '-c', script)).code).toBe(0)
  await until('it has begun', async () => (await ramet('logs', 'again')).stdout === 'begun\n')
  const update = (body: object) => engine.call('POST', '/containers/again/update', body)
  const refused = await update({ Memory: 1 << 30, RestartPolicy: { Name: 'always' } })
  expect(refused).toMatchObject({ status: 501, body: expect.stringContaining('Memory') })
  expect(await update({ RestartPolicy: { Name: 'always' } })).toEqual({
    status: 200,
    body: '{"Warnings":[]}',
  })
  // Not waited for: the container ends with it.
  expect((await ramet('exec', '-d', 'again', 'touch', '/end')).code).toBe(0)
  await until('it runs again', async () => {
    const { RestartCount, State } = await inspect('again')
    return RestartCount === 1 && State.Status === 'running'
  })
  expect((await ramet('rm', '-f', 'again')).code).toBe(0)
})

describe.skipIf(!withDocker)("docker's command line", () => {
  test('pauses, shows, and unpauses', async () => {
    await counting('d1')
    expect(await docker('pause', 'd1')).toEqual(done('d1'))
    expect((await docker('ps', '--format', '{{.Names}} {{.Status}}')).stdout).toMatch(
      /^d1 Up .* \(Paused\)\n$/,
    )
    expect((await docker('exec', 'd1', 'true')).stderr).toContain('is paused')
    await goesOn('d1', () => docker('unpause', 'd1'))
    expect(await docker('rename', 'd1', 'd2')).toEqual({ code: 0, stdout: '', stderr: '' })
    expect(await docker('rm', '-f', 'd2')).toEqual(done('d2'))
  })

  test('reaches files before the first start, which finds what was put there', async () => {
    expect((await docker('create', '--name', 'fed', image, 'cat', '/fed')).code).toBe(0)
    const fed = join(engine.home, 'fed')
    await writeFile(fed, 'fed\n')
    expect(await docker('cp', '-q', fed, 'fed:/fed')).toMatchObject({ code: 0 })
    expect(await docker('start', '-a', 'fed')).toMatchObject({ code: 0, stdout: 'fed\n' })
    await checkDisk(diskOf(await inspect('fed')))
    expect(await docker('rm', 'fed')).toEqual(done('fed'))
  })

  test('prunes, and updates the restart policy', async () => {
    await counting('d3')
    expect(await docker('update', '--restart', 'on-failure:3', 'd3')).toEqual(done('d3'))
    expect((await inspect('d3')).HostConfig.RestartPolicy).toEqual({
      Name: 'on-failure',
      MaximumRetryCount: 3,
    })
    expect((await docker('update', '--cpu-rt-runtime', '5', 'd3')).stderr).toContain('CpuRealtimeRuntime')
    expect((await ramet('run', '--name', 'd4', image, 'true')).code).toBe(0)
    const { stdout } = await docker('container', 'prune', '-f', '--filter', 'label!=keep')
    expect(stdout).toMatch(/^Deleted Containers:\n[0-9a-f]{64}\n\nTotal reclaimed space: /)
    expect((await docker('ps', '-a', '--format', '{{.Names}}')).stdout).toBe('d3\n')
    expect(await docker('rm', '-f', 'd3')).toEqual(done('d3'))
  })
})
