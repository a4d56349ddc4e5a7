import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ContainerCreateRequest } from '../contract/docker.ts'
import { FakeEngine, frame } from './testing/fake-engine.ts'

let engine: FakeEngine

beforeEach(async () => (engine = await FakeEngine.start()))
afterEach(() => engine[Symbol.asyncDispose]())

function start(...args: string[]) {
  return spawn(process.execPath, [join(import.meta.dirname, 'main.ts'), ...args], {
    env: { PATH: process.env.PATH, RAMET_HOME: engine.home, HOME: engine.home },
  })
}

async function ramet(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = start(...args)
  child.stdin.end('typed\n')
  const text = { stdout: '', stderr: '' }
  child.stdout.on('data', (data) => (text.stdout += String(data)))
  child.stderr.on('data', (data) => (text.stderr += String(data)))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, ...text }
}

/** A container whose process prints what it is told to, and ends with `code` as soon as it is started. */
function container(code: number, output: Buffer[]): void {
  let exited: (() => void)[] = []
  engine.json('POST /containers/create', 201, { Id: 'c1', Warnings: [] })
  engine.takeovers['POST /containers/c1/attach'] = (_call, socket) => {
    exited.push(() => socket.end(Buffer.concat(output)))
  }
  engine.answers['POST /containers/c1/wait'] = (_call, response) => {
    response.writeHead(200)
    response.flushHeaders()
    exited.push(() => response.end(JSON.stringify({ StatusCode: code })))
  }
  engine.answers['POST /containers/c1/start'] = (_call, response) => {
    response.writeHead(204).end()
    for (const end of exited) end()
    exited = []
  }
}

describe('run', () => {
  test('attaches and waits before it starts; output and exit code are the container’s', async () => {
    container(7, [frame(1, 'out\n'), frame(2, 'err\n')])
    expect(await ramet('run', '--name', 'web', 'img', 'cmd')).toEqual({
      code: 7,
      stdout: 'out\n',
      stderr: 'err\n',
    })
    expect(engine.asked).toEqual([
      'POST /containers/create',
      'POST /containers/c1/attach',
      'POST /containers/c1/wait',
      'POST /containers/c1/start',
    ])
    const [create, attach, wait] = engine.calls.filter(({ what }) => what !== 'GET /_ping')
    expect(create!.query.get('name')).toBe('web')
    expect(JSON.parse(create!.body) as ContainerCreateRequest).toMatchObject({ Image: 'img', Cmd: ['cmd'] })
    expect(Object.fromEntries(attach!.query)).toEqual({ stream: '1', stdout: '1', stderr: '1' })
    expect(wait!.query.get('condition')).toBe('next-exit')
  })

  test('with --rm it waits for the removal, with -d for nothing', async () => {
    container(0, [])
    expect(await ramet('run', '--rm', 'img')).toMatchObject({ code: 0 })
    expect(engine.calls.find(({ what }) => what.endsWith('/wait'))!.query.get('condition')).toBe('removed')
    engine.calls.length = 0
    expect(await ramet('run', '-d', 'img')).toEqual({ code: 0, stdout: 'c1\n', stderr: '' })
    expect(engine.asked).toEqual(['POST /containers/create', 'POST /containers/c1/start'])
  })

  test('-i passes standard input on, to its end', async () => {
    container(0, [])
    let typed = ''
    engine.takeovers['POST /containers/c1/attach'] = (_call, socket) => {
      socket.on('data', (data) => (typed += String(data)))
      socket.on('end', () => socket.end(frame(1, `got ${typed}`)))
    }
    expect(await ramet('run', '-i', 'img')).toMatchObject({ code: 0, stdout: 'got typed\n' })
  })

  test.each([
    ['COMMAND_NOT_FOUND', 400, 127],
    ['COMMAND_NOT_EXECUTABLE', 400, 126],
    ['PORT_TAKEN', 500, 125],
  ])('a start that fails with %s ends with its code, and --rm leaves nothing', async (code, status, exit) => {
    container(0, [])
    engine.json('POST /containers/c1/start', status, { message: 'it failed', code })
    engine.json('DELETE /containers/c1', 204)
    expect(await ramet('run', '--rm', 'img')).toEqual({
      code: exit,
      stdout: '',
      stderr: 'ramet: it failed\n',
    })
    expect(engine.asked.at(-1)).toBe('DELETE /containers/c1')
  })

  test('a missing image is pulled, with progress on stderr', async () => {
    container(0, [frame(1, 'ran\n')])
    const create = engine.answers['POST /containers/create']!
    engine.json('POST /containers/create', 404, { message: 'no such image', code: 'IMAGE_NOT_FOUND' })
    engine.answers['POST /images/create'] = (_call, response) => {
      engine.answers['POST /containers/create'] = create
      response.end('{"status":"Downloading","id":"abc"}\n')
    }
    expect(await ramet('run', 'reg:5000/img')).toEqual({
      code: 0,
      stdout: 'ran\n',
      stderr: "Unable to find image 'reg:5000/img:latest' locally\nabc: Downloading\n",
    })
    const { query } = engine.calls.find(({ what }) => what === 'POST /images/create')!
    expect(Object.fromEntries(query)).toEqual({ fromImage: 'reg:5000/img', tag: 'latest' })
  })

  test('a missing image is not pulled with --pull never, nor is the error of a pull lost', async () => {
    engine.json('POST /containers/create', 404, { message: 'no such image: img', code: 'IMAGE_NOT_FOUND' })
    const refused = { code: 125, stdout: '', stderr: 'ramet: no such image: img\n' }
    expect(await ramet('run', '--pull', 'never', 'img')).toEqual(refused)
    expect(engine.asked).toEqual(['POST /containers/create'])
    engine.json('POST /images/create', 200, { error: 'the registry\ncannot be reached' })
    const { code, stderr } = await ramet('run', 'img')
    expect(code).toBe(125)
    expect(stderr.split('\n').slice(1)).toEqual(['ramet: the registry; cannot be reached', ''])
  })

  test('signals go to the container, and its exit code comes back', async () => {
    container(0, [])
    let end: () => void = () => {}
    engine.takeovers['POST /containers/c1/attach'] = (_call, socket) => {
      end = () => socket.end()
      setTimeout(() => socket.write(frame(1, 'ready')), 50)
    }
    engine.answers['POST /containers/c1/start'] = (_call, response) => response.writeHead(204).end()
    engine.answers['POST /containers/c1/wait'] = (_call, response) => {
      response.writeHead(200)
      response.flushHeaders()
      engine.answers['POST /containers/c1/kill'] = (_kill, killed) => {
        killed.writeHead(204).end()
        end()
        response.end('{"StatusCode":130}')
      }
    }
    const child = start('run', 'img')
    await once(child.stdout, 'data')
    child.kill('SIGINT')
    expect(await once(child, 'close')).toEqual([130, null])
    expect(engine.calls.find(({ what }) => what.endsWith('/kill'))!.query.get('signal')).toBe('SIGINT')
  })

  test('an engine that goes away is told, and that the container stays', async () => {
    container(0, [])
    engine.answers['POST /containers/c1/start'] = (_call, response) => {
      response.writeHead(204).end(() => setTimeout(() => engine.drop(), 50))
    }
    const { code, stderr } = await ramet('run', 'img')
    expect(code).toBe(125)
    expect(stderr).toMatch(/^ramet: the engine went away; the container runs on.*\n$/)
  })
})

describe('other commands', () => {
  test('one failure keeps none of the others from being done', async () => {
    engine.json('DELETE /containers/a', 204)
    engine.json('DELETE /containers/b', 404, { message: 'no such container: b', code: 'CONTAINER_NOT_FOUND' })
    engine.json('DELETE /containers/c', 204)
    const told = { code: 1, stdout: 'a\nc\n', stderr: 'ramet: no such container: b\n' }
    expect(await ramet('rm', '-f', 'a', 'b', 'c')).toEqual(told)
    expect(engine.calls.at(-1)!.query.get('force')).toBe('1')
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
    const { stdout } = await ramet('ps', '-a', '-f', 'status=exited', '-f', 'status=running')
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
    expect((await ramet('ps', '-q')).stdout).toBe('ffffffffffff\n')
    expect(JSON.parse((await ramet('ps', '--json')).stdout)).toEqual([row])
  })

  test('exec gives the exit code of the command', async () => {
    engine.json('POST /containers/web/exec', 201, { Id: 'e1' })
    engine.takeovers['POST /exec/e1/start'] = (_call, socket) => socket.end(frame(2, 'oops\n'))
    engine.json('GET /exec/e1/json', 200, { ExitCode: 5, Running: false })
    expect(await ramet('exec', '-e', 'A=1', 'web', 'sh', '-c', 'x')).toEqual({
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
    const { code, stdout, stderr } = await ramet('inspect', 'reg/img', 'gone')
    expect({ code, stderr }).toEqual({ code: 1, stderr: 'ramet: no such container or image: gone\n' })
    expect(JSON.parse(stdout)).toEqual([{ Id: 'sha256:1' }])
  })

  test('load sends the archive', async () => {
    const archive = join(engine.home, 'image.tar')
    await writeFile(archive, 'archive')
    engine.answers['POST /images/load'] = ({ body }, response) =>
      response.end(`{"stream":"Loaded ${body}\\n"}\n`)
    expect(await ramet('load', '-i', archive)).toEqual({ code: 0, stdout: 'Loaded archive\n', stderr: '' })
    const missing = await ramet('load', '-i', `${archive}.missing`)
    expect(missing.code).toBe(1)
    expect(missing.stderr).toMatch(/^ramet: cannot load .*missing: it does not exist\n$/)
  })

  test('doctor ends with 1 where something fails, with 0 where it only warns', async () => {
    const check = { name: 'disk', status: 'warning', finding: 'little room', advice: 'free some' }
    engine.json('GET /ramet/v1/doctor', 200, { ok: true, checks: [check] })
    expect(await ramet('doctor')).toEqual({
      code: 0,
      stdout: 'warning  disk  little room; free some\n',
      stderr: '',
    })
    engine.json('GET /ramet/v1/doctor', 200, { ok: false, checks: [{ ...check, status: 'failed' }] })
    expect((await ramet('doctor', '--json')).code).toBe(1)
  })

  test('memory shows human sizes', async () => {
    engine.json('GET /ramet/v1/memory', 200, {
      containers: [
        { id: 'c', name: 'web', template: 'ab'.repeat(32), privateBytes: 2 ** 20, sharedBytes: 3 * 2 ** 20, imageBytes: 0, overheadBytes: 512 }, // prettier-ignore
      ],
      templates: [
        { id: 'ab'.repeat(32), image: 'img', residentBytes: 2 ** 22, allocatedBytes: 2 ** 23, clones: 1 },
      ],
      totals: { actualBytes: 2 ** 23, withoutSharingBytes: 2 ** 24, savedBytes: 2 ** 23 },
    })
    const cells = (await ramet('memory')).stdout.split('\n').map((line) => line.split(/ {3,}/))
    expect(cells[1]).toEqual(['web', 'abababababab', '1 MiB', '3 MiB', '0 B', '512 B'])
    expect(cells.at(-2)).toEqual(['8 MiB', '16 MiB', '8 MiB'])
  })

  test('what cannot be understood is one line and 125, before any engine is asked', async () => {
    for (const words of [['ps', '--no-such-flag'], ['no-such-command'], ['run']]) {
      const { code, stdout, stderr } = await ramet(...words)
      expect({ code, stdout, lines: stderr.split('\n').length }).toEqual({ code: 125, stdout: '', lines: 2 })
      expect(stderr).toMatch(/^ramet: /)
    }
    expect(engine.calls).toEqual([])
  })

  test('engine env and status name the socket', async () => {
    const { stdout } = await ramet('engine', 'env')
    expect(stdout).toBe(`export DOCKER_HOST=unix://${engine.socketPath}\n`)
    engine.json('GET /ramet/v1/host', 200, { pid: 1, accelerator: 'tcg' })
    const status = JSON.parse((await ramet('engine', 'status', '--json')).stdout) as object
    expect(status).toEqual({ running: true, socket: engine.socketPath, pid: 1, accelerator: 'tcg' })
  })
})
