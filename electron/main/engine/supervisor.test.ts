import { mkdtemp, rm } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { EventMessage } from '../../../contract/docker.ts'
import type { EngineState } from '../../../contract/ipc.ts'
import type { HostInfo } from '../../../contract/ramet.ts'
import { createServer, type ApiServer } from '../../../engine/api/server.ts'
import { fakeBackend } from '../../../engine/api/testing/fake-backend.ts'
import { EngineConnection } from './connection.ts'
import type { OwnEngine } from './process.ts'
import { EngineSupervisor } from './supervisor.ts'

/** Engines that are the real server above a fake of its services, in this process; how they start and end is scripted. */
let folder: string
let socket: string
let listeners: Set<(event: EventMessage) => void>
let servers: ApiServer[]
let supervisor: EngineSupervisor
let states: EngineState[]
let events: string[]
let starts: number
/** Ends the engine that was started last, as a crash does. */
let crash: (why: string) => Promise<void>
let failing: string | undefined
/** Happens while an engine starts. */
let meanwhile = async (): Promise<unknown> => undefined

beforeEach(async () => {
  folder = await mkdtemp('/tmp/ramet-supervisor-')
  socket = `${folder}/docker.sock`
  listeners = new Set()
  servers = []
  states = []
  events = []
  starts = 0
  failing = undefined
  meanwhile = async () => undefined
  supervisor = new EngineSupervisor({
    engine: new EngineConnection(socket),
    start,
    onState: (state) => void states.push(state),
    onEvent: (event) => void events.push(event === 'connected' ? event : event.Action),
    // So long it waits for an end to be told, which here takes no time; where there is none to come it waits it out.
    times: { start: 5000, poll: 10, again: 1000, goodRun: 60_000 },
  })
})
afterEach(async () => {
  await supervisor.stop()
  await Promise.all(servers.map((server) => server.close()))
  await rm(folder, { recursive: true, force: true })
})

async function serve(): Promise<ApiServer> {
  const backend = fakeBackend({
    host: { info: async () => ({ engineVersion: '1.2.3' }) as HostInfo },
    events: { subscribeToAll: (listener) => (listeners.add(listener), () => listeners.delete(listener)) },
  })
  const server = createServer(backend, { engineVersion: '1.2.3', log: () => {} })
  servers.push(server)
  await server.listen(socket)
  return server
}

async function start(): Promise<OwnEngine> {
  starts++
  await meanwhile()
  const ended = Promise.withResolvers<string>()
  if (failing) {
    ended.resolve(failing)
    return { ended: ended.promise, stop: async () => {} }
  }
  const server = await serve()
  crash = async (why) => {
    await server.close()
    ended.resolve(why)
  }
  return { ended: ended.promise, stop: () => crash('it was told to') }
}

async function phase(wanted: EngineState['phase']): Promise<void> {
  const deadline = Date.now() + 10_000
  while (supervisor.state.phase !== wanted && Date.now() < deadline) await delay(5)
  expect(supervisor.state.phase).toBe(wanted)
}

test('an engine that runs is found, and left alone on the way out', async () => {
  await serve()
  supervisor.start()
  await phase('running')
  expect(supervisor.state).toEqual({ phase: 'running', own: false, version: '1.2.3' })
  for (const tell of listeners) tell({ Type: 'container', Action: 'start', Actor: { ID: 'a', Attributes: {} }, scope: 'local', time: 0, timeNano: 0 }) // prettier-ignore
  while (events.length < 2) await delay(5)
  expect(events).toEqual(['connected', 'start'])
  await supervisor.stop()
  expect(starts).toBe(0)
  expect(await new EngineConnection(socket).answers(1000)).toBe(true)
})

test('where none runs one is started, and ended on the way out', async () => {
  supervisor.start()
  await phase('running')
  expect(supervisor.state).toMatchObject({ own: true })
  await supervisor.stop()
  expect(await new EngineConnection(socket).answers(1000)).toBe(false)
})

test('one that crashes is started again, and nothing that happened meanwhile is taken for known', async () => {
  supervisor.start()
  await phase('running')
  await crash('Error: out of luck')
  while (starts < 2) await delay(5)
  await phase('running')
  expect(states.map((state) => state.phase)).toEqual(['starting', 'running', 'starting', 'running'])
  expect(events).toEqual(['connected', 'connected'])
})

test('one that does not start is given up with its own words, until it is asked for again', async () => {
  failing = 'libvirt is not installed'
  supervisor.start()
  await phase('failed')
  expect(supervisor.state).toMatchObject({ message: 'the engine does not start: libvirt is not installed' })
  expect(starts).toBe(3)
  failing = undefined
  expect(await supervisor.startAgain()).toMatchObject({ phase: 'running', own: true })
})

test('one that crashes as soon as it runs is given up too', async () => {
  supervisor.start()
  for (let each = 1; each <= 3; each++) {
    while (states.filter((state) => state.phase === 'running').length < each) await delay(5)
    await crash('Error: at once')
  }
  await phase('failed')
  expect(supervisor.state).toMatchObject({ message: expect.stringContaining('at once') as string })
})

test('where another engine was quicker, ours gives way and that one is used', async () => {
  failing = 'an engine already listens there'
  meanwhile = serve
  supervisor.start()
  await phase('running')
  expect(supervisor.state).toMatchObject({ own: false })
})
