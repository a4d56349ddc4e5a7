import { once } from 'node:events'
import type { Duplex } from 'node:stream'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { FakeEngine } from '../testing/fake-engine.ts'
import { container, start, startOnTerminal } from '../testing/ramet.ts'

let engine: FakeEngine

beforeEach(async () => (engine = await FakeEngine.start()))
afterEach(() => engine[Symbol.asyncDispose]())

/** Attached to, it is handed each byte that was typed, and answers with what `reply` says. */
function terminalContainer(reply: (typed: string, socket: Duplex) => void): void {
  container(engine, 0)
  engine.json('POST /containers/c1/resize', 200)
  engine.takeovers['POST /containers/c1/attach'] = (_call, socket) => {
    socket.write('prompt> ')
    socket.on('data', (data) => reply(String(data), socket))
  }
}

test('a terminal is raw, told its size, and its output not framed', async () => {
  let typed = ''
  terminalContainer((data, socket) => {
    typed += data
    if (typed.includes('\x03')) socket.end('bye\r\n')
  })
  const child = startOnTerminal(engine, ['run', '-it', 'img'])
  let shown = ''
  child.stdout.on('data', (data) => {
    shown += String(data)
    if (shown.endsWith('prompt> ')) child.stdin.write('ls\r\x03')
  })
  expect(await once(child, 'close')).toEqual([0, null])
  // Ctrl-C went to the process as a byte: it was no signal for the command line.
  expect(typed).toBe('ls\r\x03')
  expect(shown).toBe('prompt> bye\r\n')
  const resize = engine.calls.find(({ what }) => what.endsWith('/resize'))!
  expect(Object.fromEntries(resize.query)).toEqual({ h: '30', w: '100' })
  const create = engine.calls.find(({ what }) => what === 'POST /containers/create')!
  expect(JSON.parse(create.body)).toMatchObject({ HostConfig: { ConsoleSize: [30, 100] } })
})

test('ctrl-p ctrl-q leaves the container running', async () => {
  let typed = ''
  terminalContainer((data) => (typed += data))
  engine.answers['POST /containers/c1/start'] = (_call, response) => response.writeHead(204).end()
  const child = startOnTerminal(engine, ['run', '-it', 'img'])
  let shown = ''
  child.stdout.on('data', (data) => {
    shown += String(data)
    if (shown.endsWith('prompt> ')) child.stdin.write('x\x10\x11')
  })
  expect(await once(child, 'close')).toEqual([0, null])
  expect(typed).toBe('x')
  expect(engine.asked).not.toContain('POST /containers/c1/kill')
})

test('-it without a terminal is refused before anything is made', async () => {
  const child = start(engine, ['run', '-it', 'img'])
  child.stdin.end()
  let said = ''
  child.stderr.on('data', (data) => (said += String(data)))
  expect(await once(child, 'close')).toEqual([125, null])
  expect(said).toMatch(/^ramet: standard input is not a terminal; .*\n$/)
  expect(engine.calls).toEqual([])
})
