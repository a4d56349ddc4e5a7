import { execFileSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, readFile, readlink, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { command, qemuProcesses, TestEngine, type CliResult } from '../../support/engine.ts'
import { dockerVersion } from '../../support/fixture.ts'
import { busyboxImage } from '../../support/images.ts'

const docker = await dockerVersion()
if (!docker)
  console.warn('SKIPPED: no docker command here, so docker cp, diff, export and top were not tried')

describe.skipIf(!docker)('files of containers, by docker', () => {
  let engine: TestEngine
  let folder: string
  let image: string

  const run = (...args: string[]): Promise<CliResult> =>
    command('docker', args, {
      env: { ...engine.env, DOCKER_HOST: `unix://${engine.socket}`, DOCKER_CONFIG: folder },
    })

  async function ok(...args: string[]): Promise<string> {
    const result = await run(...args)
    expect(result, `docker ${args.join(' ')}`).toMatchObject({ code: 0 })
    return result.stdout
  }

  beforeAll(async () => {
    engine = await TestEngine.start()
    folder = await mkdtemp(join(tmpdir(), 'ramet-files-'))
    const { archive, tag } = await busyboxImage()
    image = tag
    await ok('load', '-q', '-i', archive)
    const script =
      'echo hi > /etc/new; mkdir -p /srv/a; ln -s /etc/new /srv/a/l; rm /bin/vi; touch /ready; sleep 600'
    await ok('run', '-d', '--name', 'one', image, 'sh', '-c', script)
    await ok('exec', 'one', 'sh', '-c', 'while [ ! -e /ready ]; do sleep 0.1; done')
  })

  afterAll(async () => {
    await engine[Symbol.asyncDispose]()
    await rm(folder, { recursive: true })
    expect(await qemuProcesses(engine.home)).toEqual([])
  })

  test('what changed is told, and nothing of the machine’s own', async () => {
    const changes = (await ok('diff', 'one')).trim().split('\n')
    expect(changes).toEqual([
      'C /bin',
      'D /bin/vi',
      'C /etc',
      'A /etc/new',
      'A /ready',
      'A /srv',
      'A /srv/a',
      'A /srv/a/l',
    ])
  })

  test('folders, links and their looks come out, and go in again', async () => {
    await ok('cp', 'one:/srv', join(folder, 'srv'))
    expect(await readlink(join(folder, 'srv/a/l'))).toBe('/etc/new')
    await writeFile(join(folder, 'srv/a/file'), 'from the host', { mode: 0o640 })
    await ok('cp', join(folder, 'srv'), 'one:/opt')
    const seen = await ok('exec', 'one', 'sh', '-c', 'stat -c "%a %N" /opt/a/file /opt/a/l; cat /opt/a/file')
    expect(seen).toMatch(/^640 .*\/opt\/a\/file.*\n777 .*l.*->.*\/etc\/new.*\nfrom the host$/)
  })

  test('a large file comes back as it went', async () => {
    const data = randomBytes(12_345_678)
    await writeFile(join(folder, 'large'), data)
    await ok('cp', join(folder, 'large'), 'one:/large')
    await ok('cp', 'one:/large', join(folder, 'back'))
    const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')
    expect(digest(await readFile(join(folder, 'back')))).toBe(digest(data))
  })

  test('what is not there is said, and leaves nothing', async () => {
    const out = await run('cp', 'one:/nowhere', join(folder, 'nowhere'))
    expect(out.code).not.toBe(0)
    // Docker's command line before 23 has words of its own for it.
    expect(out.stderr).toMatch(
      /Could not find the file \/nowhere in container one|No such container:path: one:\/nowhere/,
    )
    await expect(stat(join(folder, 'nowhere'))).rejects.toThrow('ENOENT')
    const into = await run('cp', join(folder, 'large'), 'one:/nowhere/deep/')
    expect(into.code).not.toBe(0)
  })

  test('the whole of it is exported', async () => {
    const file = join(folder, 'all.tar')
    await ok('export', '-o', file, 'one')
    const names = execFileSync('tar', ['-tf', file], { encoding: 'utf8' }).split('\n')
    expect(names).toEqual(expect.arrayContaining(['etc/new', 'srv/a/l', 'bin/busybox']))
    expect(names).not.toContain('bin/vi')
    expect(names.filter((name) => name.startsWith('proc/') && name !== 'proc/')).toEqual([])
  })

  test('an image is made of it, and runs', async () => {
    await ok('commit', '-m', 'as it is', '-c', 'CMD ["cat","/etc/new"]', 'one', 'made:here')
    expect(await ok('run', '--rm', 'made:here')).toBe('hi\n')
    expect(await ok('run', '--rm', 'made:here', 'sh', '-c', 'ls /bin/vi /srv/a; true')).toContain('l')
    expect((await run('run', '--rm', 'made:here', 'ls', '/bin/vi')).stderr).toContain('No such file')
    expect(await ok('exec', 'one', 'echo', 'goes on')).toBe('goes on\n')
    expect(await ok('history', '--format', '{{.Comment}}', 'made:here')).toMatch(/^as it is\n/)
  })

  test('its processes are listed as ps does', async () => {
    expect(await ok('top', 'one')).toMatch(/UID +PID +PPID .*CMD[^]*root +1 +0 .*sleep 600/)
    expect((await ok('top', 'one', '-o', 'pid,args')).split('\n')[0]).toMatch(/^PID +COMMAND/)
    expect((await run('top', 'one', '--forest')).stderr).toContain('are not known here')
  })

  test('a container that was never started takes files, and finds them', async () => {
    await mkdir(join(folder, 'seed'))
    await writeFile(join(folder, 'seed/words'), 'sown before')
    await ok('create', '--name', 'two', image, 'cat', '/seed/words')
    await ok('cp', join(folder, 'seed'), 'two:/seed')
    expect(await ok('inspect', '-f', '{{.State.Status}}', 'two')).toBe('created\n')
    expect(await ok('start', '-a', 'two')).toBe('sown before')
    await ok('cp', 'two:/seed/words', join(folder, 'words'))
    expect(await readFile(join(folder, 'words'), 'utf8')).toBe('sown before')
    expect(await ok('inspect', '-f', '{{.State.Status}} {{.State.ExitCode}}', 'two')).toBe('exited 0\n')
    expect(await ok('logs', 'two')).toBe('sown before')
  })

  test('health is probed, and shown', async () => {
    const flags = ['--health-cmd', 'test -e /well', '--health-interval', '500ms', '--health-retries', '2']
    await ok('run', '-d', '--name', 'three', ...flags, image, 'sleep', '600')
    const becomes = async (wanted: string): Promise<void> => {
      const deadline = Date.now() + 60_000
      let found = ''
      while (found !== wanted && Date.now() < deadline)
        found = (await ok('inspect', '-f', '{{.State.Health.Status}}', 'three')).trim()
      expect(found).toBe(wanted)
    }
    await becomes('unhealthy')
    await ok('exec', 'three', 'touch', '/well')
    await becomes('healthy')
    expect(await ok('ps', '--filter', 'health=healthy', '--format', '{{.Names}} {{.Status}}')).toMatch(
      /^three Up .*\(healthy\)\n$/,
    )
  })
})
