import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { FakeEngine, frame } from '../testing/fake-engine.ts'
import { ramet } from '../testing/ramet.ts'

let engine: FakeEngine

beforeEach(async () => (engine = await FakeEngine.start()))
afterEach(() => engine[Symbol.asyncDispose]())

test('one failure keeps none of the others from being done', async () => {
  engine.json('DELETE /containers/a', 204)
  engine.json('DELETE /containers/b', 404, { message: 'no such container: b', code: 'CONTAINER_NOT_FOUND' })
  engine.json('DELETE /containers/c', 204)
  const told = { code: 1, stdout: 'a\nc\n', stderr: 'ramet: no such container: b\n' }
  expect(await ramet(engine, 'rm', '-f', 'a', 'b', 'c')).toEqual(told)
  expect(engine.calls.at(-1)!.query.get('force')).toBe('1')
})

test('pause and unpause name what they did', async () => {
  engine.json('POST /containers/a/pause', 204)
  engine.json('POST /containers/b/pause', 409, { message: 'container b is not running', code: 'NOT_RUNNING' })
  expect(await ramet(engine, 'pause', 'a', 'b')).toEqual({
    code: 1,
    stdout: 'a\n',
    stderr: 'ramet: container b is not running\n',
  })
  engine.json('POST /containers/a/unpause', 204)
  expect(await ramet(engine, 'unpause', 'a')).toEqual({ code: 0, stdout: 'a\n', stderr: '' })
})

test('prune names what it removed, and what that freed', async () => {
  engine.json('POST /containers/prune', 200, { ContainersDeleted: ['a', 'b'], SpaceReclaimed: 2_000_000 })
  expect(await ramet(engine, 'prune', '-f', '--filter', 'until=24h', '--filter', 'label!=keep')).toEqual({
    code: 0,
    stdout: 'a\nb\nTotal reclaimed space: 2MB\n',
    stderr: '',
  })
  const given = engine.calls.at(-1)!.query.get('filters')!
  expect(JSON.parse(given)).toEqual({ until: ['24h'], 'label!': ['keep'] })
})

test('rename says nothing, and why not where it could not', async () => {
  engine.json('POST /containers/old/rename', 204)
  expect(await ramet(engine, 'rename', 'old', 'new')).toEqual({ code: 0, stdout: '', stderr: '' })
  expect(engine.calls.at(-1)!.query.get('name')).toBe('new')
  engine.json('POST /containers/old/rename', 409, { message: "the name 'new' is in use", code: 'NAME_TAKEN' })
  expect(await ramet(engine, 'rename', 'old', 'new')).toEqual({
    code: 1,
    stdout: '',
    stderr: "ramet: the name 'new' is in use\n",
  })
})

test('ps shows a table, ids, or JSON', async () => {
  const row = {
    Id: 'f'.repeat(64),
    Names: ['/web'],
    Image: 'busybox',
    ImageID: 'sha256:0',
    Command: 'httpd -f -h /var/www/html',
    Created: Math.floor(Date.now() / 1000) - 180,
    Ports: [
      { PrivatePort: 443, Type: 'tcp' },
      { IP: '127.0.0.1', PrivatePort: 80, PublicPort: 8080, Type: 'tcp' },
      { IP: '127.0.0.1', PrivatePort: 81, PublicPort: 8081, Type: 'tcp' },
    ],
    State: 'running',
    Status: 'Up 3 minutes',
  }
  engine.json('GET /containers/json', 200, [row])
  const { stdout } = await ramet(engine, 'ps', '-a', '-f', 'status=exited', '-f', 'status=running')
  const [heading, line] = stdout.split('\n').map((each) => each.split(/ {3,}/))
  expect(heading).toEqual(['CONTAINER ID', 'IMAGE', 'COMMAND', 'CREATED', 'STATUS', 'PORTS', 'NAMES'])
  expect(line).toEqual([
    'ffffffffffff',
    'busybox',
    '"httpd -f -h /var/ww…"',
    '3 minutes ago',
    'Up 3 minutes',
    '443/tcp, 127.0.0.1:8080-8081->80-81/tcp',
    'web',
  ])
  const { query } = engine.calls.at(-1)!
  expect(query.get('all')).toBe('1')
  expect(JSON.parse(query.get('filters')!)).toEqual({ status: ['exited', 'running'] })
  expect((await ramet(engine, 'ps', '-q')).stdout).toBe('ffffffffffff\n')
  expect(JSON.parse((await ramet(engine, 'ps', '--json')).stdout)).toEqual([row])
})

test('exec gives the exit code of the command, as soon as that is known', async () => {
  engine.json('POST /containers/web/exec', 201, { Id: 'e1' })
  engine.takeovers['POST /exec/e1/start'] = (_call, socket) => socket.end(frame(2, 'oops\n'))
  engine.answers['GET /exec/e1/json'] = (_call, response) => {
    engine.json('GET /exec/e1/json', 200, { ExitCode: 5, Running: false })
    response.end('{"ExitCode":null,"Running":true}')
  }
  expect(await ramet(engine, 'exec', '-e', 'A=1', 'web', 'sh', '-c', 'x')).toEqual({
    code: 5,
    stdout: '',
    stderr: 'oops\n',
  })
  expect(JSON.parse(engine.calls.find(({ what }) => what.endsWith('/exec'))!.body)).toMatchObject({
    Cmd: ['sh', '-c', 'x'],
    Env: ['A=1'],
    AttachStdin: false,
    AttachStdout: true,
  })
})

test('inspect prints what it finds and names what it does not', async () => {
  const missing = { message: 'no such thing', code: 'NOT_FOUND' }
  engine.json('GET /containers/reg/img/json', 404, missing)
  engine.json('GET /images/reg/img/json', 200, { Id: 'sha256:1' })
  engine.json('GET /containers/gone/json', 404, missing)
  engine.json('GET /images/gone/json', 404, missing)
  const { code, stdout, stderr } = await ramet(engine, 'inspect', 'reg/img', 'gone')
  expect({ code, stderr }).toEqual({ code: 1, stderr: 'ramet: no such container or image: gone\n' })
  expect(JSON.parse(stdout)).toEqual([{ Id: 'sha256:1' }])
})

test('load sends the archive', async () => {
  const archive = join(engine.home, 'image.tar')
  await writeFile(archive, 'archive')
  engine.answers['POST /images/load'] = ({ body }, response) =>
    response.end(`{"status":"Loading layer","id":"abc"}\n{"stream":"Loaded ${body}\\n"}\n`)
  expect(await ramet(engine, 'load', '-i', archive)).toEqual({
    code: 0,
    stdout: 'Loaded archive\n',
    stderr: '',
  })
  const missing = await ramet(engine, 'load', '-i', `${archive}.missing`)
  expect(missing.code).toBe(1)
  expect(missing.stderr).toMatch(/^ramet: cannot load .*missing: it does not exist\n$/)
})

test('doctor ends with 1 where something fails, with 0 where it only warns', async () => {
  const check = { name: 'disk', status: 'warning', finding: 'little room', advice: 'free some' }
  engine.json('GET /ramet/v1/doctor', 200, { ok: true, checks: [check] })
  expect(await ramet(engine, 'doctor')).toEqual({
    code: 0,
    stdout: 'warning  disk  little room; free some\n',
    stderr: '',
  })
  engine.json('GET /ramet/v1/doctor', 200, { ok: false, checks: [{ ...check, status: 'failed' }] })
  expect((await ramet(engine, 'doctor', '--json')).code).toBe(1)
})

test('memory shows human sizes', async () => {
  engine.json('GET /ramet/v1/memory', 200, {
    containers: [
      { id: 'c', name: 'web', template: 'ab'.repeat(32), privateBytes: 2 ** 20, sharedBytes: 3 * 2 ** 20, imageBytes: 0, overheadBytes: 512 }, // prettier-ignore
    ],
    templates: [
      { id: 'ab'.repeat(32), image: 'img', residentBytes: 2 ** 22, allocatedBytes: 2 ** 23, clones: 1 },
    ],
    standby: { clones: 2, ownBytes: 2 ** 25 },
    totals: { actualBytes: 2 ** 23, withoutSharingBytes: 2 ** 24, savedBytes: 2 ** 23 },
  })
  const cells = (await ramet(engine, 'memory')).stdout.split('\n').map((line) => line.split(/ {3,}/))
  expect(cells[1]).toEqual(['web', 'abababababab', '1 MiB', '3 MiB', '0 B', '512 B'])
  expect(cells).toContainEqual(['2', '32 MiB'])
  expect(cells.at(-2)).toEqual(['8 MiB', '16 MiB', '8 MiB'])
})

test('standby shows what waits and why starts were missed, and changes only what is given', async () => {
  const report = {
    settings: { count: 2, memoryBytes: 192 * 2 ** 20, reserveBytes: 2 ** 31 },
    waiting: [{ template: 'ab'.repeat(32), image: 'img', since: new Date().toISOString(), bytes: 2 ** 25 }],
    hits: 7,
    misses: 3,
    missed: { 'it has folders mounted': 3 },
    dropped: 1,
    short: false,
  }
  engine.json('GET /ramet/v1/standby', 200, report)
  const cells = (await ramet(engine, 'standby')).stdout.split('\n').map((line) => line.split(/ {3,}/))
  expect(cells[1]!.slice(0, 3)).toEqual(['abababababab', 'img', '32 MiB'])
  expect(cells).toContainEqual(['2', '192 MiB', '2 GiB', '7', '3', '1', 'enough'])
  expect(cells).toContainEqual(['it has folders mounted', '3'])
  engine.json('POST /ramet/v1/standby', 200, report)
  expect(await ramet(engine, 'standby', '--count', '0')).toMatchObject({ code: 0 })
  expect(JSON.parse(engine.calls.at(-1)!.body)).toEqual({ count: 0 })
  expect(await ramet(engine, 'standby', '--count', 'many')).toMatchObject({ code: 1 })
})

test('what cannot be understood is one line and 125, before any engine is asked', async () => {
  for (const words of [['ps', '--no-such-flag'], ['no-such-command'], ['run']]) {
    const { code, stdout, stderr } = await ramet(engine, ...words)
    expect({ code, stdout, lines: stderr.split('\n').length }).toEqual({ code: 125, stdout: '', lines: 2 })
    expect(stderr).toMatch(/^ramet: /)
  }
  expect(engine.calls).toEqual([])
})

test('engine env and status name the socket', async () => {
  const { stdout } = await ramet(engine, 'engine', 'env')
  expect(stdout).toBe(`export DOCKER_HOST=unix://${engine.socketPath}\n`)
  engine.json('GET /ramet/v1/host', 200, { pid: 1, accelerator: 'tcg' })
  const status = JSON.parse((await ramet(engine, 'engine', 'status', '--json')).stdout) as object
  expect(status).toEqual({ running: true, socket: engine.socketPath, pid: 1, accelerator: 'tcg' })
})

test('wait prints exit codes; an engine that goes is no exit', async () => {
  engine.json('POST /containers/a/wait', 200, { StatusCode: 3 })
  engine.json('POST /containers/b/wait', 200, { StatusCode: -1, Error: { Message: 'cancelled' } })
  const { code, stdout, stderr } = await ramet(engine, 'wait', 'a', 'b')
  expect({ code, stdout }).toEqual({ code: 1, stdout: '3\n' })
  expect(stderr).toMatch(/^ramet: the engine went away.*\n$/)
})
