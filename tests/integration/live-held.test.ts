import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ForkResponse } from '../../contract/ramet.ts'
import type { CliResult, TestEngine } from '../support/engine.ts'
import { until, useEngine } from '../support/fixture.ts'

/** Forks of containers that hold more than memory and a disk: binds, volumes, networks, ports. */
let engine: TestEngine
let image: string
let folder: string

const COUNT = 'i=0; while :; do i=$((i+1)); echo $i; usleep 10000; done'

useEngine((fixture) => ({ engine, image } = fixture))

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ramet-held-'))
  await mkdir(join(folder, 'bind'))
  await writeFile(join(folder, 'bind', 'note'), 'from outside\n')
  await writeFile(join(folder, 'conf'), 'setting=1\n')
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const ramet = (...args: string[]): Promise<CliResult> => engine.ramet(args)

async function fine(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await ramet(...args)
  expect({ args, code, stderr }).toEqual({ args, code: 0, stderr: '' })
  return stdout
}

const inside = (name: string, script: string): Promise<string> => fine('exec', name, 'sh', '-c', script)

const counted = async (name: string): Promise<number[]> =>
  (await fine('logs', name)).split('\n').slice(0, -1).map(Number)

async function expectOn(name: string): Promise<void> {
  const before = (await counted(name)).length
  await until(`${name} goes on`, async () => (await counted(name)).length > before + 3)
  const numbers = await counted(name)
  expect(numbers).toEqual(numbers.map((_, at) => numbers[0]! + at))
}

async function fork(name: string, ...args: string[]): Promise<string[]> {
  const answer = JSON.parse(await fine('fork', name, ...args, '--json')) as ForkResponse
  return answer.containers.map(({ Name }) => Name)
}

async function place(name: string): Promise<{ ip: string; mac: string }> {
  const { NetworkSettings } = await engine.inspect(name)
  const { IPAddress = '', MacAddress = '' } = NetworkSettings.Networks['own']!
  return { ip: IPAddress, mac: MacAddress }
}

test('children have its mounts anew, and places of their own in its networks', async () => {
  await fine('network', 'create', 'own')
  const mounts = ['-v', `${folder}/bind:/bind`, '-v', `${folder}/conf:/etc/conf`, '-v', 'data:/data', '--tmpfs', '/scratch'] // prettier-ignore
  await fine('run', '-d', '--name', 'parent', '--network', 'own', '-p', '127.0.0.1::9', ...mounts, image, 'sh', '-c', `mkdir /www; ln -s /data/index.html /www/; httpd -p 9 -h /www; ${COUNT}`) // prettier-ignore
  await inside(
    'parent',
    'echo kept > /data/index.html; echo mine > /scratch/note; echo written > /bind/before',
  )
  expect(await fork('parent', '-n', '2', '--name', 'child', '-p', '127.0.0.1::9')).toEqual(['child-1', 'child-2']) // prettier-ignore
  await expectOn('parent')
  const names = ['parent', 'child-1', 'child-2']
  for (const name of names) {
    await expectOn(name)
    expect(await inside(name, 'cat /bind/note /bind/before /etc/conf /data/index.html /scratch/note')).toBe('from outside\nwritten\nsetting=1\nkept\nmine\n') // prettier-ignore
    await inside(name, `echo ${name} > /bind/${name}; echo ${name} > /data/${name}; echo ${name} > /scratch/note`) // prettier-ignore
    expect(await readFile(join(folder, 'bind', name), 'utf8')).toBe(`${name}\n`)
    const { Ports } = (await engine.inspect(name)).NetworkSettings
    const response = await fetch(`http://127.0.0.1:${Ports['9/tcp']![0]!.HostPort}/`)
    expect(await response.text()).toBe('kept\n')
  }
  expect(await inside('parent', 'cat /data/child-1 /data/child-2 /scratch/note')).toBe('child-1\nchild-2\nparent\n') // prettier-ignore

  const places = await Promise.all(names.map(place))
  for (const key of ['ip', 'mac'] as const) expect(new Set(places.map((each) => each[key])).size).toBe(3)
  for (const [at, name] of names.entries()) {
    const { ip, mac } = places[at]!
    expect(await inside(name, 'ls /sys/class/net; cat /sys/class/net/eth0/address')).toBe(`eth0\nlo\nnat0\n${mac}\n`) // prettier-ignore
    expect(await inside(name, 'ip -4 -o addr show eth0; cat /etc/hosts')).toContain(ip)
    const other = names[(at + 1) % names.length]!
    expect(await inside(name, `wget -qO - http://${other}:9/`)).toBe('kept\n')
  }
  const nat = await Promise.all(names.map((name) => inside(name, 'cat /sys/class/net/nat0/address')))
  expect(new Set(nat).size).toBe(3)
})

test('a child of a child has them too', async () => {
  expect(await fork('child-1', '--name', 'grandchild')).toEqual(['grandchild'])
  expect(await inside('grandchild', 'cat /bind/note /data/index.html; ls /sys/class/net')).toBe('from outside\nkept\neth0\nlo\nnat0\n') // prettier-ignore
  expect(await inside('grandchild', 'wget -qO - http://parent:9/')).toBe('kept\n')
  await expectOn('child-1')
  await fine('rm', '-f', 'child-1', 'child-2', 'grandchild')
})

test('a connection to another of its network is broken in the child, and goes on in the parent', async () => {
  await fine('run', '-d', '--name', 'echo', '--network', 'own', image, 'nc', '-ll', '-p', '7', '-e', 'cat')
  await until('it listens', async () => (await inside('echo', 'netstat -tln')).includes(':7 '))
  // What it hears from there is its output.
  const ask = 'mkfifo /in; nc echo 7 </in & exec 3<>/in; i=0; while :; do i=$((i+1)); echo $i >&3; usleep 50000; done' // prettier-ignore
  await fine('run', '-d', '--name', 'asking', '--network', 'own', image, 'sh', '-c', ask)
  await until('it is answered', async () => (await counted('asking')).length > 3)
  const [child] = await fork('asking')
  const connections = (name: string): Promise<string> =>
    inside(name, 'netstat -tn | grep ESTABLISHED | grep -c :7 || true')
  expect(await connections(child!)).toBe('0\n')
  await expectOn('asking')
  expect(await connections('asking')).toBe('1\n')
  expect(await connections('echo')).toBe('1\n')
  // It knows that nobody answers any more, and reaches the other anew.
  await until('it has noticed', async () => (await inside(child!, 'pidof nc || true')) === '')
  expect(await inside(child!, 'echo hello | nc -w 20 echo 7')).toBe('hello\n')
  expect((await counted('asking'))[0]).toBe(1)
  await fine('rm', '-f', child!, 'asking', 'echo')
})

test('a fork whose ports are taken is refused as a whole, and the parent goes on', async () => {
  const all = async (): Promise<string> => fine('ps', '-a', '-q', '--no-trunc')
  const before = await all()
  const { Ports } = (await engine.inspect('parent')).NetworkSettings
  const taken = Ports['9/tcp']![0]!.HostPort!
  const { code, stderr } = await ramet('fork', 'parent', '-n', '2', '-p', `127.0.0.1:${taken}:9`)
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(taken) })
  await expectOn('parent')
  expect(await all()).toBe(before)
  expect(await inside('parent', 'wget -qO - http://parent:9/')).toBe('kept\n')
})

test.each([
  [
    'an open file',
    'exec sleep 1000 < /data/index.html',
    /process \d+ \(sleep\) has open \/data\/index.html, /,
  ],
  ['a folder to work in', 'cd /bind; exec sleep 1000', /process \d+ \(sleep\) works in \/bind, /],
])('%s there is told of, and the parent goes on', async (_what, script, told) => {
  await fine('exec', '-d', 'parent', 'sh', '-c', script)
  // Until then it is a shell, which has neither.
  await until('it sleeps', async () => (await inside('parent', 'pidof sleep || true')) !== '')
  const all = async (): Promise<string> => fine('ps', '-a', '-q', '--no-trunc')
  const before = await all()
  const { stderr } = await ramet('fork', 'parent')
  expect(stderr).toMatch(told)
  await expectOn('parent')
  expect(await all()).toBe(before)
  await inside('parent', 'killall sleep; while pidof sleep >/dev/null; do usleep 10000; done')
  const [child] = await fork('parent')
  await expectOn(child!)
  await fine('rm', '-f', child!)
})

test('a checkpoint leads back to a network and mounts that were left since', async () => {
  await fine('checkpoint', 'create', 'parent', 'before')
  await fine('network', 'disconnect', 'own', 'parent')
  await fine('rewind', 'parent', 'before')
  await until('it goes on', async () => (await counted('parent')).length > 3)
  expect(await inside('parent', 'cat /bind/note; ls /sys/class/net')).toBe('from outside\nlo\nnat0\n')
  await fine('network', 'connect', 'own', 'parent')
  await fine('rewind', 'parent', 'before')
  expect(await inside('parent', 'ls /sys/class/net; wget -qO - http://parent:9/')).toBe(
    'eth0\nlo\nnat0\nkept\n',
  )
})

test('when the engine dies in a freeze, mounts and networks are there', async () => {
  const templates = (): Promise<string[]> => readdir(join(engine.home, 'data/templates'))
  for (const wait of [0, 300]) {
    const before = await templates()
    const forked = engine.call('POST', '/ramet/v1/containers/parent/fork', {}).catch(() => undefined)
    await until('it is being frozen', async () => (await templates()).some((name) => !before.includes(name)))
    await delay(wait)
    await engine.down('SIGKILL')
    await forked
    await engine.up()
    expect(await inside('parent', 'cat /bind/note; wget -qO - http://parent:9/')).toBe('from outside\nkept\n')
  }
  await fine('rm', '-f', 'parent')
})

test('a volume that is a disk, and one without a name where others would lack it, are refused', async () => {
  await fine('run', '-d', '--name', 'disk', '--mount', 'type=volume,src=whole,dst=/whole,volume-opt=type=disk,volume-opt=size=64m', image, 'sleep', '1000') // prettier-ignore
  expect((await ramet('fork', 'disk')).stderr).toMatch(/it holds the volume whole at \/whole, which is a disk that only one machine can have/) // prettier-ignore
  await fine('run', '-d', '--name', 'nameless', '-v', '/own', image, 'sleep', '1000')
  expect((await ramet('freeze', 'nameless', 'warm:1')).stderr).toContain(
    'it holds a volume of its own at /own',
  )
  const [child] = await fork('nameless')
  await inside(child!, 'echo there > /own/note')
  expect(await inside('nameless', 'cat /own/note')).toBe('there\n')
  await fine('rm', '-f', '-v', child!)
  expect(await inside('nameless', 'cat /own/note')).toBe('there\n')
  await fine('rm', '-f', '-v', 'disk', 'nameless')
})

test('a warm image brings the mounts of its container along', async () => {
  await fine('run', '-d', '--name', 'source', '-v', `${folder}/bind:/bind`, image, 'sh', '-c', COUNT)
  await until('it counts', async () => (await counted('source')).length > 3)
  await fine('freeze', 'source', 'warm:2')
  await fine('rm', '-f', 'source')
  await fine('run', '-d', '--name', 'copy', '--network', 'own', 'warm:2')
  await expectOn('copy')
  expect(await inside('copy', 'cat /bind/note; ls /sys/class/net')).toBe('from outside\neth0\nlo\nnat0\n')
  await fine('rm', '-f', 'copy')
  await fine('rmi', 'warm:2')
})

test('kept warm by itself in a network and with a volume, as compose starts it', async () => {
  const first = [
    '--network',
    'own',
    '--network-alias',
    'db',
    '-v',
    'data:/data',
    '--label',
    'ramet.warm=after=1s',
  ]
  const kinds = async (): Promise<string[]> =>
    (JSON.parse(await fine('templates', '--json')) as { kind: string }[]).map(({ kind }) => kind)
  await fine('run', '-d', '--name', 'one', ...first, image, 'sh', '-c', COUNT)
  await until('it is frozen', async () => (await kinds()).includes('healthy'))
  await fine('run', '-d', '--name', 'two', ...first, image, 'sh', '-c', COUNT)
  await expectOn('two')
  const { StartedAt } = (await engine.inspect('two')).State
  let since = ''
  await until('it has counted since', async () => (since = await fine('logs', '--since', StartedAt, 'two')) !== '') // prettier-ignore
  expect(Number(since.split('\n')[0])).toBeGreaterThan(3)
  expect((await place('two')).ip).not.toBe((await place('one')).ip)
  expect(await inside('two', 'cat /data/index.html; ping -c 1 -W 5 one >/dev/null && echo reached')).toBe('kept\nreached\n') // prettier-ignore
  await fine('rm', '-f', 'one', 'two')
})
