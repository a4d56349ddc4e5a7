import { existsSync } from 'node:fs'
import {
  chmod,
  chown,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { CliResult } from '../support/engine.ts'
import { useEngine, until, type EngineFixture } from '../support/fixture.ts'

const isRoot = process.getuid!() === 0

describe('mounts', () => {
  let folder: string
  let fixture: EngineFixture

  useEngine((made) => (fixture = made))

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ramet-mounts-'))
    await chmod(folder, 0o755)
  })

  afterAll(() => rm(folder, { recursive: true }))

  const run = (flags: string[], script: string): Promise<CliResult> =>
    fixture.engine.ramet(['run', '--rm', ...flags, fixture.image, 'sh', '-c', script])

  /** What the script prints; it has to succeed. */
  async function output(flags: string[], script: string): Promise<string> {
    const result = await run(flags, script)
    expect(result, script).toMatchObject({ code: 0, stderr: '' })
    return result.stdout
  }

  /** Descriptors of the engine on what was bound. */
  async function descriptors(): Promise<string[]> {
    const at = `/proc/${fixture.engine.pid}/fd`
    const targets = await Promise.all((await readdir(at)).map((fd) => readlink(join(at, fd)).catch(() => '')))
    return targets.filter((target) => target.startsWith(folder))
  }

  test('a folder is shared both ways, with its owners', async () => {
    const at = join(folder, 'shared')
    await mkdir(at)
    await writeFile(join(at, 'one'), 'from the host', { mode: 0o640 })
    if (isRoot) await chown(join(at, 'one'), 1234, 55)
    const script =
      'stat -c "%u:%g %a" /data/one; cat /data/one; echo back > /data/two; mkdir /data/in; chown 7:8 /data/in 2>/data/why; true'
    const seen = await output(['-v', `${at}:/data`], script)
    const own = isRoot ? '1234:55' : `${process.getuid!()}:${process.getgid!()}`
    expect(seen).toBe(`${own} 640\nfrom the host`)
    expect(await readFile(join(at, 'two'), 'utf8')).toBe('back\n')
    // An ordinary user cannot give files away, with Docker's rootless mode neither.
    const given = await stat(join(at, 'in'))
    expect([given.uid, given.gid]).toEqual(isRoot ? [7, 8] : [process.getuid!(), process.getgid!()])
    const why = isRoot ? '' : 'chown: /data/in: Operation not permitted\n'
    expect(await readFile(join(at, 'why'), 'utf8')).toBe(why)
    expect((await stat(join(at, 'two'))).uid).toBe(process.getuid!())
    expect(await descriptors()).toEqual([])
  })

  test('read-only is read-only, in the guest and out of its reach', async () => {
    const at = join(folder, 'readonly')
    await mkdir(at)
    await writeFile(join(at, 'file'), 'kept')
    const script =
      'touch /d/x; mount -o remount,rw /d 2>/dev/null; mount -o remount,rw,bind /d; touch /d/y; echo no > /d/file; true'
    const { stderr } = await run(['--privileged', '-v', `${at}:/d:ro`], script)
    expect(stderr).toContain('Read-only file system')
    expect(await readdir(at)).toEqual(['file'])
    expect(await readFile(join(at, 'file'), 'utf8')).toBe('kept')
  })

  test('a single file is the same file on both sides, and nothing beside it is there', async () => {
    const file = join(folder, 'single')
    await writeFile(file, 'before')
    await writeFile(join(folder, 'beside'), 'secret')
    const { code } = await fixture.engine.ramet([
      ...['run', '-d', '--name', 'single', '-v', `${file}:/etc/single.conf`, fixture.image, 'sleep', '600'],
    ])
    expect(code).toBe(0)
    const inside = async (script: string): Promise<string> =>
      (await fixture.engine.ramet(['exec', 'single', 'sh', '-c', script])).stdout
    await writeFile(file, 'from the host')
    expect(await inside('cat /etc/single.conf')).toBe('from the host')
    await inside('printf "from the guest" > /etc/single.conf')
    expect(await readFile(file, 'utf8')).toBe('from the guest')
    expect(await inside('grep -r secret /etc /mnt /run 2>/dev/null; true')).toBe('')
    await fixture.engine.ramet(['rm', '-f', 'single'])
    expect((await stat(file)).nlink).toBe(1)
  })

  test('what is missing is made for -v, and refused for --mount', async () => {
    const missing = join(folder, 'made/here')
    expect(await output(['-v', `${missing}:/d`], 'echo hi > /d/f; ls /d')).toBe('f\n')
    expect(await readFile(join(missing, 'f'), 'utf8')).toBe('hi\n')
    const refused = await run(['--mount', `type=bind,source=${folder}/nowhere,target=/d`], 'true')
    expect(refused).toMatchObject({ code: 125 })
    expect(refused.stderr).toContain('bind source path does not exist')
  })

  test('Ramet’s folders and the kernel’s are refused', async () => {
    const own = ['data', 'data/containers', 'run'].map((each) => join(fixture.engine.home, each))
    const libvirt = ['/etc/libvirt', '/run/libvirt'].filter((path) => existsSync(path))
    for (const path of ['/proc', '/sys/kernel', '/dev', '/', ...own, ...libvirt]) {
      const { code, stderr } = await run(['-v', `${path}:/d`], 'true')
      expect(code, path).toBe(125)
      expect(stderr).toContain(`${path} cannot be bound`)
    }
  })

  test('however often a name is swapped, no container sees what is refused, nor writes there', async () => {
    const [free, name, next] = ['free', 'name', 'next'].map((each) => join(folder, each)) as [
      string,
      string,
      string,
    ]
    const refused = join(fixture.engine.home, 'data')
    await mkdir(free)
    await symlink(free, name)
    let [swaps, going] = [0, true]
    const swapping = (async () => {
      for (; going; swaps++) {
        await symlink(swaps % 2 ? refused : free, next)
        await rename(next, name)
      }
    })()
    const before = await readdir(refused)
    const seen = new Set<string>()
    for (let times = 0; times < 6 || swaps < 10_000; times++) {
      const { code, stdout, stderr } = await run(['-v', `${name}:/d`], 'ls /d; touch /d/written')
      if (code === 0) seen.add(stdout)
      else expect(stderr).toContain('cannot be bound: it belongs to Ramet')
    }
    going = false
    await swapping
    for (const listed of seen) expect(['', 'written\n']).toContain(listed)
    expect((await readdir(refused)).filter((each) => !before.includes(each))).toEqual([])
    expect(await descriptors()).toEqual([])
  })

  test('a new volume is filled from the image, owners and modes along, once', async () => {
    const first =
      'stat -c "%u:%g %a" /tmp; ls /etc; stat -c "%N" /bin/ls; touch /tmp/x; chown 33:44 /tmp/x; chmod 4750 /tmp/x'
    const flags = ['-v', 'tmp:/tmp', '-v', 'etc:/etc', '-v', 'bin:/bin']
    const seen = (await output(flags, first)).split('\n')
    expect(seen[0]).toBe('0:0 1777')
    expect(seen).toEqual(expect.arrayContaining(['passwd', 'group']))
    expect(seen.at(-2)).toMatch(/\/bin\/ls.*busybox/)
    const script = 'stat -c "%u:%g %a" /t/x; ls /e | wc -l; rm /e/passwd; ls -l /b | grep -c busybox'
    const again = await output(['-v', 'tmp:/t', '-v', 'etc:/e', '-v', 'bin:/b'], script)
    expect(again).toMatch(/^33:44 4750\n\d+\n\d{3}\n$/)
    // It is not empty any more: what was removed stays so. A container without the volume has its own.
    expect((await run(['-v', 'etc:/etc'], 'ls /etc/passwd')).code).not.toBe(0)
    expect(await output(['-v', 'fresh:/etc:nocopy'], 'ls /etc/passwd 2>/dev/null | wc -l')).toBe('0\n')
  })

  test('a volume keeps owners, modes, links and devices whoever runs Ramet', async () => {
    const make =
      'cd /v; mkdir -m 2770 d; chown 12:34 d; ln -s /nowhere s; echo x > f; ln f h; mkfifo p; mknod c c 1 3; chown 5:6 f'
    await output(['-v', 'kinds:/v'], make)
    const look = 'cd /v; stat -c "%n %F %u:%g %a %h" d f h p c; readlink s; echo through > c && cat f'
    expect((await output(['-v', 'kinds:/v'], look)).split('\n')).toEqual([
      'd directory 12:34 2770 2',
      'f regular file 5:6 644 2',
      'h regular file 5:6 644 2',
      'p fifo 0:0 644 1',
      'c character special file 0:0 644 1',
      '/nowhere',
      'x',
      '',
    ])
  })

  test('several containers see one volume, and each other’s writes at once', async () => {
    for (const name of ['left', 'right']) {
      const args = ['run', '-d', '--name', name, '-v', 'both:/v', fixture.image, 'sleep', '600']
      expect(await fixture.engine.ramet(args)).toMatchObject({ code: 0 })
    }
    const inside = async (name: string, script: string): Promise<string> =>
      (await fixture.engine.ramet(['exec', name, 'sh', '-c', script])).stdout
    for (const [at, [from, to]] of [
      ['left', 'right'],
      ['right', 'left'],
    ].entries()) {
      await inside(from!, `echo ${at} >> /v/log`)
      expect(await inside(to!, 'tail -1 /v/log')).toBe(`${at}\n`)
    }
    const refused = await fixture.engine.call('DELETE', '/volumes/both')
    expect(refused.status).toBe(409)
    expect(refused.body).toContain('volume is in use')
    const rows = await fixture.engine.get('/containers/json?filters={"volume":["both"]}')
    expect((JSON.parse(rows.body) as unknown[]).length).toBe(2)
    // The engine dies; the mounts do not, and the next engine knows them.
    const writing = inside('left', 'for i in $(seq 40); do echo $i >> /v/kept; sleep 0.1; done').catch(
      () => '',
    )
    await until('it writes', async () => (await inside('right', 'cat /v/kept')).includes('3'))
    await fixture.engine.down()
    await writing
    await fixture.engine.up()
    await until('it has written all', async () => (await inside('right', 'tail -1 /v/kept')) === '40\n')
    const { Mounts } = await fixture.engine.inspect('left')
    expect(Mounts).toEqual([
      {
        Type: 'volume',
        Name: 'both',
        Source: join(fixture.engine.home, 'data/volumes/both/_data'),
        Destination: '/v',
        Driver: 'local',
        Mode: '',
        RW: true,
        Propagation: '',
      },
    ])
    expect((await fixture.engine.call('DELETE', '/volumes/both')).status).toBe(409)
    for (const name of ['left', 'right']) await fixture.engine.call('DELETE', `/containers/${name}?force=1`)
    expect((await fixture.engine.call('DELETE', '/volumes/both')).status).toBe(204)
  })

  test('volumes without a name come and go with their container', async () => {
    const volumes = async (): Promise<number> =>
      (JSON.parse((await fixture.engine.get('/volumes')).body) as { Volumes: unknown[] }).Volumes.length
    const before = await volumes()
    await output(['-v', '/anonymous'], 'touch /anonymous/x')
    expect(await volumes()).toBe(before)
    const { stdout } = await fixture.engine.ramet(['create', '-v', '/anonymous', fixture.image])
    expect(await volumes()).toBe(before + 1)
    const other = await fixture.engine.ramet(['create', '--volumes-from', stdout.trim(), fixture.image])
    await fixture.engine.ramet(['rm', '-v', stdout.trim()])
    // Another still has it.
    expect(await volumes()).toBe(before + 1)
    await fixture.engine.ramet(['rm', '-v', other.stdout.trim()])
    expect(await volumes()).toBe(before + 1)
    await fixture.engine.call('POST', '/volumes/prune')
    expect(await volumes()).toBe(before)
  })

  test('a volume that is a disk is filled, kept, limited, and one container’s at a time', async () => {
    const options = { type: 'disk', size: '64m' }
    const made = await fixture.engine.call('POST', '/volumes/create', { Name: 'disk', DriverOpts: options })
    expect(made.status).toBe(201)
    const first =
      'ls /etc | head -1; grep -c "^/dev/vd[a-z]* /etc ext4 " /proc/mounts; df -k /etc | tail -1; echo kept > /etc/kept'
    // The empty hosts of the image's files is on it too, whose name df takes for the volume's.
    expect(await output(['-v', 'disk:/etc'], first)).toMatch(/^group\n1\n\S+ +[45]\d{4} [^\n]*\n$/)
    const holder = ['run', '-d', '--name', 'holder', '-v', 'disk:/d', fixture.image, 'sleep', '600']
    expect(await fixture.engine.ramet(holder)).toMatchObject({ code: 0 })
    for (const flags of [
      ['-v', 'disk:/d'],
      ['-v', 'disk:/d:ro'],
    ]) {
      const second = await run(flags, 'cat /d/kept')
      expect(second).toMatchObject({ code: 125, stdout: '' })
      expect(second.stderr).toContain('of the type disk is in use by another container that runs')
    }
    const full = await fixture.engine.ramet([
      'exec',
      'holder',
      'sh',
      '-c',
      'dd if=/dev/zero of=/d/big bs=1M count=100',
    ])
    expect(full.stderr).toContain('No space left on device')
    await fixture.engine.ramet(['rm', '-f', 'holder'])
    expect(await output(['-v', 'disk:/d:ro'], 'cat /d/kept; touch /d/x 2>/dev/null || echo refused')).toBe(
      'kept\nrefused\n',
    )
  })

  test('the files of a volume move from one to another, with their owners', async () => {
    await output(
      ['-v', 'moved:/v'],
      'cd /v; mkdir -m 711 d; echo x > d/f; chown 12:34 d/f; ln -s f d/l; chmod 1750 .',
    )
    const archive = join(folder, 'volume.tar')
    const steps = [
      ['volume', 'export', 'moved', '-o', archive],
      ['volume', 'create', '-o', 'type=disk', '-o', 'size=64m', 'there'],
      ['volume', 'import', 'there', '-i', archive],
    ]
    for (const step of steps) expect(await fixture.engine.ramet(step)).toMatchObject({ code: 0, stderr: '' })
    const look = 'cd /v; stat -c "%n %a %u:%g" d d/f; readlink d/l; cat d/l'
    expect(await output(['-v', 'there:/v:ro'], look)).toBe('d 711 0:0\nd/f 644 12:34\nf\nx\n')
    const rows = await fixture.engine.get('/containers/json?all=1')
    expect(
      (JSON.parse(rows.body) as { Mounts: { Destination: string }[] }[]).flatMap(({ Mounts }) => Mounts),
    ).toEqual([])
    expect((await fixture.engine.ramet(['volume', 'ls'])).stdout).toMatch(/^there +disk of 64m +\S+MB *$/m)
  })

  test('a part of a volume, and never more', async () => {
    await output(
      ['-v', 'parts:/v'],
      'mkdir -p /v/a/b; echo deep > /v/a/b/f; ln -s /etc /v/out; ln -s .. /v/a/up',
    )
    const mount = (subpath: string): string[] => [
      '--mount',
      `source=parts,target=/p,volume-subpath=${subpath}`,
    ]
    expect(await output(mount('a/b'), 'cat /p/f')).toBe('deep\n')
    expect(await output(mount('a/b/f'), 'cat /p')).toBe('deep\n')
    expect((await run(mount('out'), 'true')).stderr).toContain('leads out of the volume')
    expect((await run(mount('a/up/..'), 'true')).stderr).toContain('must lie inside')
    expect((await run(mount('none'), 'true')).stderr).toContain('there is no none in the volume')
  })

  test('mounts lie in each other as they were asked for, and tmpfs among them', async () => {
    const at = join(folder, 'outer')
    await mkdir(at)
    const flags = ['-v', `${at}:/x`, '-v', 'inner:/x/y', '--tmpfs', '/x/y/t:size=1m', '-v', '/x/z']
    const script = 'echo 1 > /x/f; echo 2 > /x/y/f; echo 3 > /x/y/t/f; df -k /x/y/t | tail -1; cat /x/y/f'
    expect(await output(flags, script)).toMatch(/^tmpfs +1024 .*\/x\/y\/t\n2\n$/)
    expect(await readdir(at)).toEqual(['f', 'y', 'z'])
    expect(await readdir(join(at, 'y'))).toEqual([])
  })

  test('cp reaches into mounts, running or not; diff, export and commit leave their files out', async () => {
    const at = join(folder, 'files')
    await mkdir(at)
    await writeFile(join(at, 'bound'), 'bound')
    const flags = ['-v', `${at}:/b`, '-v', 'filled:/v']
    const script = 'echo volume > /v/file; echo own > /own'
    await fixture.engine.ramet(['run', '--name', 'files', ...flags, fixture.image, 'sh', '-c', script])
    for (const [path, content] of [
      ['/b/bound', 'bound'],
      ['/v/file', 'volume\n'],
    ] as const) {
      // prettier-ignore
      const { status, body } = await fixture.engine.get(`/containers/files/archive?path=${path}`)
      expect(status).toBe(200)
      expect(body).toContain(content)
    }
    const changes = JSON.parse((await fixture.engine.get('/containers/files/changes')).body) as {
      Path: string
    }[]
    expect(changes.map(({ Path }) => Path)).toEqual(['/b', '/own', '/v'])
    expect((await fixture.engine.get('/containers/files/export')).body).not.toContain('v/file')
    await fixture.engine.ramet(['rm', '-f', 'files'])
  })
})
