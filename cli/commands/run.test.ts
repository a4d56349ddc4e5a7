import { once } from 'node:events'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { ContainerCreateRequest } from '../../contract/docker.ts'
import { FakeEngine, frame } from '../testing/fake-engine.ts'
import { container, ramet, start } from '../testing/ramet.ts'

let engine: FakeEngine

beforeEach(async () => (engine = await FakeEngine.start()))
afterEach(() => engine[Symbol.asyncDispose]())

test('attaches and waits before it starts; output and exit code are the container’s', async () => {
  container(engine, 7, 'out\n', 'err\n')
  expect(await ramet(engine, 'run', '--name', 'web', 'img', 'cmd')).toEqual({
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
  container(engine, 0)
  expect(await ramet(engine, 'run', '--rm', 'img')).toMatchObject({ code: 0 })
  expect(engine.calls.find(({ what }) => what.endsWith('/wait'))!.query.get('condition')).toBe('removed')
  engine.calls.length = 0
  expect(await ramet(engine, 'run', '-d', 'img')).toEqual({ code: 0, stdout: 'c1\n', stderr: '' })
  expect(engine.asked).toEqual(['POST /containers/create', 'POST /containers/c1/start'])
})

test('-i passes standard input on, to its end', async () => {
  container(engine, 0)
  let typed = ''
  engine.takeovers['POST /containers/c1/attach'] = (_call, socket) => {
    socket.on('data', (data) => (typed += String(data)))
    socket.on('end', () => socket.end(frame(1, `got ${typed}`)))
  }
  expect(await ramet(engine, 'run', '-i', 'img')).toMatchObject({ code: 0, stdout: 'got typed\n' })
})

test.each([
  ['COMMAND_NOT_FOUND', 400, 127],
  ['COMMAND_NOT_EXECUTABLE', 400, 126],
  ['PORT_TAKEN', 500, 125],
])('a start that fails with %s ends with its code, and --rm leaves nothing', async (code, status, exit) => {
  container(engine, 0)
  engine.json('POST /containers/c1/start', status, { message: 'it failed', code })
  engine.json('DELETE /containers/c1', 204)
  expect(await ramet(engine, 'run', '--rm', 'img')).toEqual({
    code: exit,
    stdout: '',
    stderr: 'ramet: it failed\n',
  })
  expect(engine.asked.at(-1)).toBe('DELETE /containers/c1')
})

test('a missing image is pulled, with progress on stderr', async () => {
  container(engine, 0, 'ran\n')
  const create = engine.answers['POST /containers/create']!
  engine.json('POST /containers/create', 404, { message: 'no such image', code: 'IMAGE_NOT_FOUND' })
  engine.answers['POST /images/create'] = (_call, response) => {
    engine.answers['POST /containers/create'] = create
    response.end('{"status":"Downloading","id":"abc"}\n')
  }
  expect(await ramet(engine, 'run', 'reg:5000/img')).toEqual({
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
  expect(await ramet(engine, 'run', '--pull', 'never', 'img')).toEqual(refused)
  expect(engine.asked).toEqual(['POST /containers/create'])
  engine.json('POST /images/create', 200, { error: 'the registry\ncannot be reached' })
  const { code, stderr } = await ramet(engine, 'run', 'img')
  expect(code).toBe(125)
  expect(stderr.split('\n').slice(1)).toEqual(['ramet: the registry; cannot be reached', ''])
})

test('signals go to the container, and its exit code comes back', async () => {
  container(engine, 0)
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
  const child = start(engine, ['run', 'img'])
  await once(child.stdout, 'data')
  child.kill('SIGINT')
  expect(await once(child, 'close')).toEqual([130, null])
  expect(engine.calls.find(({ what }) => what.endsWith('/kill'))!.query.get('signal')).toBe('SIGINT')
})

test('an engine that goes away is told, and that the container stays', async () => {
  container(engine, 0)
  engine.answers['POST /containers/c1/start'] = (_call, response) => {
    response.writeHead(204).end(() => setTimeout(() => engine.drop(), 50))
  }
  const { code, stderr } = await ramet(engine, 'run', 'img')
  expect(code).toBe(125)
  expect(stderr).toMatch(/^ramet: the engine went away; the container runs on.*\n$/)
})
