import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { EventMessage } from '../../../contract/docker.ts'
import type { MemoryEvent } from '../../../contract/ramet.ts'
import { fake } from '../../testing/fake-electron.ts'
import type { EngineConnection } from '../engine/connection.ts'
import { TrayFeed } from './feed.ts'
import type { TrayModel } from './model.ts'

const event = (Type: string, Action: string) =>
  ({ Type, Action, Actor: { ID: 'a', Attributes: {} } }) as unknown as EventMessage

test('bursts of events are asked about once, and what tells nothing is not', async () => {
  const asked: string[] = []
  const models: TrayModel[] = []
  const engine = fake<EngineConnection>('engine', {
    get: async (path: string) => {
      asked.push(path)
      return path.includes('memory') ? { totals: { savedBytes: 7 } } : []
    },
  })
  const feed = new TrayFeed({
    engine,
    log: () => {},
    settleMs: 5,
    onModel: (model) => void models.push(model),
    onLaunches: () => {},
  })
  feed.onState({ phase: 'running', own: true, version: '1' })
  feed.onEvent('connected')
  for (let each = 0; each < 50; each++) feed.onEvent(event('container', 'start'))
  await delay(30)
  expect(asked).toEqual(['/containers/json', '/ramet/v1/launches', '/ramet/v1/memory'])
  expect(models.at(-1)).toMatchObject({ containers: [], savedBytes: 7, engine: { phase: 'running' } })
  for (const quiet of [event('container', 'exec_start: ls'), event('image', 'pull')]) feed.onEvent(quiet)
  await delay(30)
  expect(asked).toHaveLength(3)
  feed.onEvent(event('daemon', 'launches'))
  feed.onEvent(event('container', 'health_status: unhealthy'))
  await delay(30)
  expect(asked).toHaveLength(6)
  feed.onEvent({ Type: 'memory', report: { totals: { savedBytes: 9 } } } as MemoryEvent)
  expect(feed.model.savedBytes).toBe(9)
  expect(asked).toHaveLength(6)
  feed.onState({ phase: 'starting' })
  expect(feed.model).toMatchObject({ containers: [], savedBytes: undefined, engine: { phase: 'starting' } })
})

test('an engine that goes while it is asked is only logged', async () => {
  const logged: string[] = []
  const engine = fake<EngineConnection>('engine', { get: () => Promise.reject(new Error('it went away')) })
  const feed = new TrayFeed({
    engine,
    settleMs: 1,
    onModel: () => {},
    onLaunches: () => {},
    log: (message) => void logged.push(message),
  })
  feed.onEvent('connected')
  await delay(20)
  expect(logged).toEqual(['the tray: it went away'])
})
