import { readdir } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import type { ForkResponse, FreezeResponse, Lineage } from '../../contract/ramet.ts'
import type { CliResult, TestEngine } from '../support/engine.ts'
import { dockerVersion, runDocker, until, useEngine } from '../support/fixture.ts'
import { AS_USER } from '../support/tags.ts'

/** Containers that are frozen and forked while they run. */
let engine: TestEngine
let image: string

/** Counts every 10 ms in memory, and keeps a file on its disk that tells how far it was. */
const COUNT = 'i=0; while :; do i=$((i+1)); echo $i; echo $i > /at; usleep 10000; done'

useEngine((fixture) => ({ engine, image } = fixture))

const ramet = (...args: string[]): Promise<CliResult> => engine.ramet(args)

async function answer<T>(...args: string[]): Promise<T> {
  const { code, stdout, stderr } = await ramet(...args, '--json')
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return JSON.parse(stdout) as T
}

async function counted(name: string): Promise<number[]> {
  return (await ramet('logs', name)).stdout.split('\n').slice(0, -1).map(Number)
}

async function counting(name: string, ...flags: string[]): Promise<void> {
  const started = await ramet('run', '-d', '--name', name, ...flags, image, 'sh', '-c', COUNT)
  expect(started).toMatchObject({ code: 0, stderr: '' })
  await until(`${name} counts`, async () => (await counted(name)).length > 3)
}

/** Every number once, in order, from `first` on. */
function expectNoGap(numbers: number[], first = numbers[0]!): void {
  expect(numbers).toEqual(numbers.map((_, at) => first + at))
}

const inside = async (name: string, script: string): Promise<string> => {
  const { code, stdout, stderr } = await ramet('exec', name, 'sh', '-c', script)
  expect({ name, code, stderr }).toEqual({ name, code: 0, stderr: '' })
  return stdout
}

const WHO = 'hostname; cat /etc/hostname /etc/machine-id /sys/class/net/eth0/address; cat /proc/sys/kernel/random/uuid; head -c 16 /dev/urandom | md5sum' // prettier-ignore

const files = async (...path: string[]): Promise<string[]> => readdir(join(engine.home, 'data', ...path))

describe('fork', () => {
  test('children go on where their parent was, each with a life of its own', async () => {
    await counting('parent')
    await inside('parent', 'echo before > /file')
    const { containers, heldMs } = await answer<ForkResponse>('fork', 'parent', '-n', '3', '--name', 'child')
    expect(containers.map(({ Name }) => Name)).toEqual(['child-1', 'child-2', 'child-3'])
    expect(heldMs).toBeGreaterThan(0)
    const names = ['parent', ...containers.map(({ Name }) => Name)]
    await until('all count on', async () => (await Promise.all(names.map(counted))).every((each) => each.length > 10)) // prettier-ignore

    const [own = [], ...others] = await Promise.all(names.map(counted))
    expectNoGap(own, 1)
    for (const numbers of others) expectNoGap(numbers, others[0]![0]!)
    expect(others[0]![0]).toBeGreaterThan(3)
    expect(own).toContain(others[0]![0])

    const told = await Promise.all(names.map(async (name) => (await inside(name, WHO)).trim().split('\n')))
    for (const at of told[0]!.keys()) expect(new Set(told.map((lines) => lines[at])).size).toBe(names.length)
    await Promise.all(names.map((name) => inside(name, `echo ${name} > /file`)))
    expect(await Promise.all(names.map((name) => inside(name, 'cat /file')))).toEqual(
      names.map((name) => `${name}\n`),
    )
    const { NetworkSettings } = await engine.inspect('child-1')
    expect(told[1]).toContain(NetworkSettings.Networks['bridge']!.MacAddress)
    expect((await engine.inspect('child-1')).State).toMatchObject({
      Status: 'running',
      Pid: expect.any(Number),
    })
  })

  test('a child that was stopped starts its command anew, on the disk that it had', async () => {
    await ramet('stop', '-t', '0', 'child-1')
    expect((await ramet('start', 'child-1')).code).toBe(0)
    expect(await inside('child-1', 'cat /file')).toBe('child-1\n')
    await until('it counts anew', async () => (await counted('child-1')).includes(1))
  })

  test('a parent that was stopped has its disk too', async () => {
    await ramet('stop', '-t', '0', 'parent')
    expect((await ramet('start', 'parent')).code).toBe(0)
    expect(await inside('parent', 'cat /file')).toBe('parent\n')
  })

  test('children of children of children, five deep', async () => {
    let last = 'child-2'
    for (let depth = 1; depth <= 4; depth++) {
      await inside(last, `echo ${last} >> /generations`)
      const { containers } = await answer<ForkResponse>('fork', last, '--name', `depth-${depth}`)
      last = containers[0]!.Name
    }
    expect(await inside(last, 'cat /generations')).toBe('child-2\ndepth-1\ndepth-2\ndepth-3\n')
    const numbers = await counted(last)
    expectNoGap(numbers)
    const { containers } = await answer<Lineage>('lineage')
    const parentOf = (name: string) => containers.find((each) => each.name === name)?.parent?.name
    expect([last, 'depth-3', 'depth-2', 'depth-1', 'child-2'].map(parentOf)).toEqual(['depth-3', 'depth-2', 'depth-1', 'child-2', 'parent']) // prettier-ignore
    for (const name of ['depth-1', 'depth-2', 'depth-3']) await ramet('rm', '-f', name)
    await until('what is not needed is gone', async () => (await files('layers')).length <= 8)
    await ramet('stop', '-t', '0', last)
    expect((await ramet('start', last)).code).toBe(0)
    expect(await inside(last, 'cat /generations')).toBe('child-2\ndepth-1\ndepth-2\ndepth-3\n')
  })

  test('with all containers go their frozen memory and disks', async () => {
    await ramet('rm', '-f', 'parent', 'child-1', 'child-2', 'child-3', 'depth-4')
    await until('no layer is left', async () => (await files('layers')).length === 0)
    const { stdout } = await ramet('templates', '--json')
    expect((JSON.parse(stdout) as { kind: string }[]).map(({ kind }) => kind)).toEqual(['image'])
  })
})

describe('freeze', () => {
  test('makes an image whose containers run already', async () => {
    await counting('source', '-e', 'GREETING=hello')
    // Started anew, its copies find their disk as after a power cut.
    await inside('source', 'echo there > /file; sync')
    const { image: id } = await answer<FreezeResponse>('freeze', 'source', 'warm:1')
    const { stdout } = await ramet('images', '-q', '--no-trunc')
    expect(stdout.split('\n')).toContain(id)
    expect((await ramet('run', '-d', '--name', 'copy', 'warm:1')).code).toBe(0)
    await until('it counts on', async () => (await counted('copy')).length > 3)
    const numbers = await counted('copy')
    expectNoGap(numbers)
    expect(numbers[0]).toBeGreaterThan(3)
    expect(await counted('source')).toContain(numbers[0])
    expectNoGap(await counted('source'), 1)
    expect((await engine.inspect('copy')).Config.Env).toContain('GREETING=hello')
  })

  test('what runs cannot be told otherwise, but started anew', async () => {
    const other = await ramet('run', '--rm', '-e', 'A=1', 'warm:1', 'echo', 'hi')
    expect(other.code).toBe(125)
    expect(other.stderr).toMatch(/warm image: its process runs already, .* another Cmd, Env; /)
    const cold = await ramet(
      'run',
      '--rm',
      '--isolation',
      'cold',
      'warm:1',
      'sh',
      '-c',
      'cat /file; echo $GREETING',
    )
    expect(cold).toMatchObject({ code: 0, stderr: '' })
    expect(cold.stdout).toBe('there\nhello\n')
  })

  test('it does not leave the machine, and goes with its memory', async () => {
    expect((await ramet('save', '-o', '/dev/null', 'warm:1')).stderr).toContain('warm image')
    await ramet('rm', '-f', 'source', 'copy')
    expect((await ramet('rmi', 'warm:1')).code).toBe(0)
    await until('no layer is left', async () => (await files('layers')).length === 0)
  })

  test('names what cannot be frozen', async () => {
    expect((await ramet('freeze', 'nobody', 'warm:2')).stderr).toContain('no such container: nobody')
    await ramet('create', '--name', 'asleep', image, 'true')
    expect((await ramet('fork', 'asleep')).stderr).toContain('asleep is not running')
    await ramet('rm', 'asleep')
  })
})

describe('checkpoints', () => {
  test('lead back, memory and disk', AS_USER, async () => {
    await counting('traveller')
    expect(await ramet('checkpoint', 'traveller', 'first')).toMatchObject({ code: 0, stdout: 'first\n' })
    await inside('traveller', 'echo later > /later')
    expect((await ramet('checkpoint', 'create', 'traveller')).stdout).toBe('checkpoint-2\n')
    await until('time passes', async () => (await counted('traveller')).length > 60)
    expect((await ramet('rewind', 'traveller', 'first')).code).toBe(0)
    const before = (await counted('traveller')).length
    await until('it counts on', async () => (await counted('traveller')).length > before + 3)
    const numbers = await counted('traveller')
    const back = numbers.findIndex((number, at) => at > 0 && number !== numbers[at - 1]! + 1)
    expectNoGap(numbers.slice(0, back), 1)
    expectNoGap(numbers.slice(back))
    expect(numbers[back]).toBeLessThan(numbers[back - 1]!)
    expect(await inside('traveller', 'ls /later 2>/dev/null || echo none')).toBe('none\n')
  })

  test('forward again, and of a container that does not run', async () => {
    await ramet('stop', '-t', '0', 'traveller')
    expect((await engine.call('POST', '/containers/traveller/start?checkpoint=checkpoint-2')).status).toBe(
      204,
    )
    expect(await inside('traveller', 'cat /later')).toBe('later\n')
    const { body } = await engine.get('/containers/traveller/checkpoints')
    expect((JSON.parse(body) as { Name: string }[]).map(({ Name }) => Name)).toEqual([
      'first',
      'checkpoint-2',
    ])
    expect((await ramet('checkpoint', 'rm', 'traveller', 'first')).code).toBe(0)
    expect((await ramet('rewind', 'traveller', 'first')).stderr).toContain('checkpoint first does not exist')
    await ramet('rm', '-f', 'traveller')
    await until('no layer is left', async () => (await files('layers')).length === 0)
  })
})

test('what is tried in a copy is shown, and leaves no trace', async () => {
  await counting('calm')
  // The command ends only once its child listens, port 99 (0x63) in state 0A.
  const listens = 'until grep -q ":0063 .* 0A " /proc/net/tcp /proc/net/tcp6; do usleep 10000; done'
  const { code, stdout, stderr } = await ramet('try', 'calm', 'sh', '-c', `echo made > /made; nc -l -p 99 & rm /etc/passwd; ${listens}; echo said; exit 3`) // prettier-ignore
  expect({ code, stdout }).toEqual({ code: 3, stdout: 'said\n' })
  expect(stderr).toContain('A /made')
  expect(stderr).toContain('D /etc/passwd')
  expect(stderr).toContain('+ port tcp/99')
  expect(stderr).toMatch(/\+ process \d+ nc -l -p 99/)
  expect((await ramet('ps', '-q')).stdout.trim().split('\n')).toHaveLength(1)
  expect(await inside('calm', 'ls /made 2>/dev/null; ls /etc/passwd')).toBe('/etc/passwd\n')
  await ramet('rm', '-f', 'calm')
})

test('what is tried in a copy may be kept', async () => {
  await counting('kept')
  const { code } = await ramet('try', '--keep', 'bold', 'kept', 'sh', '-c', 'echo made > /made')
  expect(code).toBe(0)
  expect(await inside('bold', 'cat /made')).toBe('made\n')
  await ramet('rm', '-f', 'kept', 'bold')
})

const docker = await dockerVersion()
if (!docker) console.warn('SKIPPED: no docker command here, so its checkpoints were not tried')

test.skipIf(!docker)(
  `docker's command line (${docker}) makes checkpoints and goes back to them`,
  async () => {
    const run = async (...args: string[]): Promise<string> => {
      const { code, stdout, stderr } = await runDocker(engine, args)
      expect({ args, code, stderr }).toEqual({ args, code: 0, stderr: '' })
      return stdout
    }
    await counting('docked')
    expect(await run('checkpoint', 'create', '--leave-running', 'docked', 'one')).toBe('one\n')
    await inside('docked', 'echo later > /later')
    // Without that flag the container ends with it.
    await run('checkpoint', 'create', 'docked', 'two')
    expect((await engine.inspect('docked')).State.Status).toBe('exited')
    expect((await run('checkpoint', 'ls', 'docked')).split('\n').slice(1, 3)).toEqual(['one', 'two'])
    await run('start', '--checkpoint', 'two', 'docked')
    expect(await inside('docked', 'cat /later')).toBe('later\n')
    await run('checkpoint', 'rm', 'docked', 'two')
    expect((await runDocker(engine, ['start', '--checkpoint', 'two', 'docked'])).stderr).toContain('checkpoint two does not exist') // prettier-ignore
    await run('stop', '-t', '0', 'docked')
    await run('start', '--checkpoint', 'one', 'docked')
    expect(await inside('docked', 'ls /later 2>/dev/null || echo none')).toBe('none\n')
    await run('rm', '-f', 'docked')
  },
)

describe('warm by itself', () => {
  const kinds = async (): Promise<string[]> =>
    (JSON.parse((await ramet('templates', '--json')).stdout) as { kind: string }[]).map(({ kind }) => kind)
  const flags = ['--label', 'ramet.warm=healthy', '--health-cmd', 'test -s /at', '--health-interval', '1s']

  test('the first that is healthy is frozen, and those like it go on from there', async () => {
    await counting('first', ...flags)
    await until('it is frozen', async () => (await kinds()).includes('healthy'))
    await counting('second', ...flags, '--label', 'number=2')
    const { StartedAt } = (await engine.inspect('second')).State
    const since = async (): Promise<number[]> =>
      (await ramet('logs', '--since', StartedAt, 'second')).stdout.split('\n').slice(0, -1).map(Number)
    await until('it counts on', async () => (await since()).length > 3)
    expect((await since())[0]).toBeGreaterThan(3)
    // What was printed until it was frozen is its output too: who waits for a line of its beginning has it.
    expectNoGap(await counted('second'), 1)
    expectNoGap(await counted('first'), 1)
    await counting('other', ...flags, '-e', 'OTHER=1')
    expect((await counted('other'))[0]).toBe(1)
    await ramet('rm', '-f', 'first', 'second', 'other')
    await ramet('templates', 'prune')
    expect(await kinds()).not.toContain('healthy')
  })

  test('a label that says nothing is refused', async () => {
    const { stderr } = await ramet('create', '--label', 'ramet.warm=soon', image, 'true')
    expect(stderr).toContain('ramet.warm=soon cannot be used: write healthy, after=30s, or off')
  })
})

test('whenever the engine dies in a freeze, the parent goes on, and can be frozen again', async () => {
  await counting('survivor')
  for (const wait of [0, 100, 300]) {
    const there = await files('templates')
    const fork = engine.call('POST', '/ramet/v1/containers/survivor/fork', {}).catch(() => undefined)
    await until('it is being frozen', async () => (await files('templates')).some((name) => !there.includes(name))) // prettier-ignore
    await delay(wait)
    await engine.down('SIGKILL')
    await fork
    await engine.up()
    const before = (await counted('survivor')).length
    await until('it goes on', async () => (await counted('survivor')).length > before + 3)
  }
  expectNoGap(await counted('survivor'), 1)
  await answer<ForkResponse>('fork', 'survivor', '--name', 'heir')
  // Between two numbers the file is empty for a moment.
  expect(await inside('heir', 'until test -s /at; do usleep 10000; done; echo yes')).toBe('yes\n')
  await ramet('stop', '-t', '0', 'survivor')
  expect((await ramet('start', 'survivor')).code).toBe(0)
  const rows = JSON.parse((await engine.get('/containers/json?all=1')).body) as { Id: string }[]
  for (const { Id } of rows) {
    const { status, body } = await engine.call('DELETE', `/containers/${Id}?force=1`)
    expect({ status, body }).toEqual({ status: 204, body: '' })
  }
  await until('no layer is left', async () => (await files('layers')).length === 0)
})

test('a connection to elsewhere is broken in the child, and goes on in the parent', async () => {
  const publish = ['-p', '127.0.0.1::7']
  await ramet('run', '-d', '--name', 'linked', ...publish, image, 'sh', '-c', 'nc -ll -p 7 -e cat')
  const port = await engine.portOf('linked', '7/tcp')
  const socket = await echoes(port)
  await answer<ForkResponse>('fork', 'linked', '--name', 'cut', '-p', '127.0.0.1::7')
  expect(await inside('cut', 'netstat -tn | grep -c ESTABLISHED || true')).toBe('0\n')
  expect(await inside('linked', 'netstat -tn | grep -c ESTABLISHED')).toBe('1\n')
  expect(await said(socket, 'still there')).toBe('still there')
  socket.destroy()
  const child = await engine.portOf('cut', '7/tcp')
  expect(child).not.toBe(port)
  const other = await echoes(child)
  other.destroy()
  await ramet('rm', '-f', 'linked', 'cut')
})

test('its port leads in still when its hardware address is another, as that of each copy is', async () => {
  const flags = ['-p', '127.0.0.1::7', '--cap-add', 'NET_ADMIN']
  await ramet('run', '-d', '--name', 'renewed', ...flags, image, 'nc', '-ll', '-p', '7', '-e', 'cat')
  const port = await engine.portOf('renewed', '7/tcp')
  const first = await echoes(port)
  first.destroy()
  // It says nothing itself, from which the NAT could tell.
  await inside('renewed', 'ip link set eth0 address 02:00:00:00:00:07')
  const second = await echoes(port)
  second.destroy()
  await ramet('rm', '-f', 'renewed')
})

/** Connects to a container that sends back what it gets; under emulation it may take its time to listen. */
async function echoes(port: number): Promise<Socket> {
  for (let tries = 0; ; tries++) {
    const socket = connect(port, '127.0.0.1')
    try {
      expect(await said(socket, 'hello')).toBe('hello')
      return socket
    } catch (error) {
      socket.destroy()
      if (tries > 50) throw error
      await delay(200)
    }
  }
}

function said(socket: Socket, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    socket.once('data', (data) => resolve(data.toString()))
    socket.once('error', reject)
    socket.once('close', () => reject(new Error('it was closed')))
    socket.write(text)
  })
}

test('a container with a terminal is forked with it', async () => {
  await ramet('run', '-d', '-t', '--name', 'screen', image, 'sh', '-c', COUNT)
  await until('it counts', async () => (await ramet('logs', 'screen')).stdout.split('\r\n').length > 3)
  await answer<ForkResponse>('fork', 'screen', '--name', 'mirror')
  await until('its copy counts', async () => (await ramet('logs', 'mirror')).stdout.split('\r\n').length > 3)
  expect(await inside('mirror', 'ls -l /proc/1/fd/0')).toContain('/dev/pts/0')
  await engine.call('POST', '/containers/mirror/resize?h=33&w=99')
  await until(
    'its size is its own',
    async () => (await inside('mirror', 'stty -F /dev/pts/0 size')) === '33 99\n',
  )
  await ramet('rm', '-f', 'screen', 'mirror')
})

test('what stands still is not frozen', async () => {
  await ramet('run', '-d', '--name', 'still', image, 'sleep', '1000')
  await ramet('pause', 'still')
  expect((await ramet('fork', 'still')).stderr).toContain('still is paused')
  await ramet('rm', '-f', 'still')
})
