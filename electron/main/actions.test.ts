import { beforeEach, expect, test } from 'vitest'
import { EngineError } from '../../contract/errors.ts'
import type { EngineRequest, EngineState } from '../../contract/ipc.ts'
import { fake } from '../testing/fake-electron.ts'
import { Actions } from './actions.ts'
import type { EngineConnection } from './engine/connection.ts'

const PORTS = [{ IP: '127.0.0.1', PrivatePort: 80, PublicPort: 8080, Type: 'tcp' }]
const FORKED = '{"containers":[{"Id":"1","Name":"one\\u202e"},{"Id":"2","Name":"two"}]}'

let did: string[]
let told: string[]
let state: EngineState
let confirmed: boolean
let running: string[]
let stuck: string[]
let actions: Actions

beforeEach(() => {
  did = []
  told = []
  state = { phase: 'running', own: true, version: '1' }
  confirmed = true
  running = ['a', 'b', 'c']
  stuck = []
  const engine = fake<EngineConnection>('engine', {
    get: async () => running.map((Id) => ({ Id, Names: [`/name-${Id}`], Ports: PORTS })),
    request: async ({ method, path, body }: EngineRequest) => {
      if (stuck.some((id) => path.includes(`/${id}/`)))
        throw new EngineError('GUEST_TIMEOUT', 'it does not answer')
      did.push(`${method} ${path}`)
      if (body) did.push(JSON.stringify(body))
      if (path.endsWith('/fork')) return { status: 201, headers: {}, text: FORKED }
      return { status: 200, headers: {}, text: '{"id":"x","name":"web\\u202e"}' }
    },
  })
  actions = new Actions({
    engine,
    engineReady: async () => state,
    go: async (place) => void did.push(`go ${JSON.stringify(place)}`),
    browse: async (url) => void did.push(`browse ${url}`),
    confirmStopAll: async () => confirmed,
    quit: () => void did.push('quit'),
    tell: (level, message) => void told.push(`${level}: ${message}`),
  })
})

test('what the tray and the desktop do', async () => {
  await actions.perform({ do: 'go' })
  await actions.perform({ do: 'show', place: { page: 'images' } })
  await actions.perform({ do: 'hide' })
  await actions.perform({ do: 'browse', url: 'http://localhost:80' })
  await actions.perform({ do: 'launch', id: '0a' })
  await actions.perform({ do: 'stop', id: 'a' })
  await actions.perform({ do: 'quit' })
  expect(did).toEqual([
    'go undefined',
    'go {"page":"images"}',
    'browse http://localhost:80',
    'POST /ramet/v1/launches/0a/run',
    'POST /containers/a/stop',
    'quit',
  ])
  expect(told).toEqual(['info: web runs.'])
})

test('a container is forked with ports of its own, and a checkpoint of it is taken', async () => {
  await actions.perform({ do: 'fork', id: 'a', count: 2 })
  await actions.perform({ do: 'checkpoint', id: 'a' })
  expect(did).toEqual([
    'POST /ramet/v1/containers/a/fork',
    '{"count":2,"name":"name-a-fork","ports":{"80/tcp":[{"HostIp":"127.0.0.1","HostPort":"0"}]}}',
    'POST /containers/a/checkpoints',
    '{"Exit":false}',
  ])
  did.length = 0
  await actions.perform({ do: 'fork', id: 'gone', count: 1 })
  expect(did).toEqual([])
  expect(told).toEqual([
    'info: one, two run.',
    'info: The checkpoint is taken; the container goes on.',
    'error: this container is gone',
  ])
})

test('all are stopped once it is confirmed, and those that could not be are named', async () => {
  confirmed = false
  await actions.perform({ do: 'stop-all' })
  expect(did).toEqual([])
  confirmed = true
  stuck = ['b']
  await actions.perform({ do: 'stop-all' })
  expect(did).toEqual(['POST /containers/a/stop', 'POST /containers/c/stop'])
  running = []
  await actions.perform({ do: 'stop-all' })
  expect(told).toEqual([
    'error: these could not be stopped, see their logs: name-b',
    'info: No container runs.',
  ])
})

test('failures are told', async () => {
  stuck = ['a', '0a']
  await actions.perform({ do: 'stop', id: 'a' })
  await actions.perform({ do: 'launch', id: '0a' })
  state = { phase: 'failed', message: 'libvirt is missing' }
  await actions.perform({ do: 'launch', id: '0b' })
  expect(told).toEqual([
    'error: it does not answer',
    'error: it does not answer',
    'error: libvirt is missing',
  ])
})
