import { once } from 'node:events'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { FakeEngine, frame } from '../testing/fake-engine.ts'
import { container, start } from '../testing/ramet.ts'

let engine: FakeEngine

beforeEach(async () => {
  engine = await FakeEngine.start()
})
afterEach(() => engine[Symbol.asyncDispose]())

/** The command, told to end as soon as it asks for `at`; how it ends, and what it says. */
async function interrupted(at: string, args: string[], signal: NodeJS.Signals = 'SIGINT') {
  const child = start(engine, args)
  const text = { stdout: '', stderr: '' }
  child.stdout.on('data', (data) => (text.stdout += String(data)))
  child.stderr.on('data', (data) => (text.stderr += String(data)))
  const answer = engine.answers[at]
  engine.answers[at] = (call, response) => {
    setTimeout(() => child.kill(signal), 100)
    // The command has got it before the answer.
    setTimeout(() => answer?.(call, response), 400)
  }
  const [code, killed] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
  return { code, killed, ...text }
}

const said = { code: 130, killed: null, stdout: '', stderr: 'ramet: interrupted\n' }

test.each([
  ['freeze', 'POST /ramet/v1/containers/c/freeze', ['freeze', 'c', 'warm:1']],
  ['pull', 'POST /images/create', ['pull', '-q', 'img']],
  ['load', 'POST /images/load', ['load', '-i', '/dev/null']],
])('%s ends with one line and the status of the signal', async (_name, at, args) => {
  expect(await interrupted(at, args)).toEqual(said)
  expect((await interrupted(at, args, 'SIGTERM')).code).toBe(143)
})

test('who only looks is told nothing', async () => {
  expect(await interrupted('POST /containers/c/wait', ['wait', 'c'])).toEqual({ ...said, stderr: '' })
})

test.each([[['run', '-d', 'img']], [['run', 'img']]])(
  '%j leaves no container that it had made',
  async (args) => {
    engine.json('POST /containers/create', 201, { Id: 'c1', Warnings: [] })
    engine.json('DELETE /containers/c1', 204)
    expect(await interrupted('POST /containers/create', args)).toEqual(said)
    expect(engine.asked).toEqual(['POST /containers/create', 'DELETE /containers/c1'])
    expect(engine.calls.at(-1)!.query.toString()).toBe('force=1&v=1')
  },
)

test.each([[['run', '-d', 'img']], [['run', 'img']]])('%j leaves none that it has started', async (args) => {
  container(engine, 0)
  engine.json('DELETE /containers/c1', 204)
  expect(await interrupted('POST /containers/c1/start', args)).toEqual(said)
  expect(engine.asked.at(-1)).toBe('DELETE /containers/c1')
})

test('run makes nothing where it is told to end while it pulls', async () => {
  engine.json('POST /containers/create', 404, { message: 'no such image: img', code: 'IMAGE_NOT_FOUND' })
  const { code, stderr } = await interrupted('POST /images/create', ['run', '-d', 'img'])
  expect({ code, stderr }).toEqual({
    code: 130,
    stderr: "Unable to find image 'img:latest' locally\nramet: interrupted\n",
  })
  expect(engine.asked).toEqual(['POST /containers/create', 'POST /images/create'])
})

test('start -a stops what it was about to show', async () => {
  container(engine, 0)
  engine.json('GET /containers/c1/json', 200, { Id: 'c1', Config: {}, HostConfig: {}, State: {} })
  engine.json('POST /containers/c1/stop', 204)
  expect(await interrupted('POST /containers/c1/start', ['start', '-a', 'c1'])).toEqual(said)
  expect(engine.asked.at(-1)).toBe('POST /containers/c1/stop')
})

test.each([
  ['fork', ['fork', 'c', '-n', '2'], ['DELETE /containers/f1', 'DELETE /containers/f2']],
  ['try', ['try', 'c', 'true'], ['DELETE /containers/f1']],
])('%s leaves no copy', async (_name, args, removed) => {
  const containers = ['f1', 'f2'].map((Id) => ({ Id, Name: Id }))
  engine.json('POST /ramet/v1/containers/c/fork', 201, { containers })
  for (const id of ['f1', 'f2']) engine.json(`DELETE /containers/${id}`, 204)
  expect(await interrupted('POST /ramet/v1/containers/c/fork', args)).toEqual(said)
  expect(engine.asked.filter((what) => what.startsWith('DELETE')).toSorted()).toEqual(removed)
})

test('who asks twice does not wait for what is undone', async () => {
  engine.json('POST /containers/create', 201, { Id: 'c1', Warnings: [] })
  engine.answers['DELETE /containers/c1'] = () => child.kill('SIGINT')
  engine.answers['POST /containers/create'] = (_call, response) => {
    child.kill('SIGINT')
    setTimeout(() => response.writeHead(201).end('{"Id":"c1","Warnings":[]}'), 300)
  }
  const child = start(engine, ['run', '-d', 'img'])
  expect(await once(child, 'close')).toEqual([130, null])
})

test('one that has begun to print gets the signal, however late the engine tells that it runs', async () => {
  container(engine, 0)
  let end: () => void = () => {}
  engine.takeovers['POST /containers/c1/attach'] = (_call, socket) => {
    // Not in one piece with the answer's head.
    setTimeout(() => socket.write(frame(1, 'ready\n')), 30)
    end = () => socket.end()
  }
  engine.answers['POST /containers/c1/wait'] = (_call, response) => {
    response.writeHead(200)
    response.flushHeaders()
    engine.answers['POST /containers/c1/kill'] = (_kill, killed) => {
      killed.writeHead(204).end()
      end()
      response.end('{"StatusCode":9}')
    }
  }
  const started = { code: 9, killed: null, stdout: 'ready\n', stderr: '' }
  expect(await interrupted('POST /containers/c1/start', ['run', 'img'])).toEqual(started)
  expect(engine.calls.find(({ what }) => what.endsWith('/kill'))!.query.get('signal')).toBe('SIGINT')
  expect(engine.asked).not.toContain('DELETE /containers/c1')
})
