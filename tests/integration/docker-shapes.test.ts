import { beforeAll, describe, expect, test } from 'vitest'
import type { ExecInspect } from '../../contract/docker.ts'
import type { TestEngine } from '../support/engine.ts'
import { until, useEngine } from '../support/fixture.ts'
import { mismatches } from '../support/docker-api/shape.ts'
import { ANSWERS, EVENT } from '../support/docker-api/shapes.ts'

/** That what the API answers has the shape that API 1.51 gives it, with real containers behind it. */

let engine: TestEngine
const made: Record<string, string> = {}

useEngine((fixture) => {
  engine = fixture.engine
  made['image'] = fixture.image
})

const post = async (path: string, body: object = {}): Promise<Record<string, string>> => {
  const answer = await engine.call('POST', path, body)
  expect(answer.status, answer.body).toBeLessThan(300)
  return answer.body ? (JSON.parse(answer.body) as Record<string, string>) : {}
}

describe('answers', () => {
  beforeAll(async () => {
    const Image = made['image']
    const options = {
      Labels: { tier: 'front' },
      ExposedPorts: { '80/tcp': {}, '81/udp': {} },
      Healthcheck: { Test: ['CMD', 'true'], Interval: 1e9 },
      HostConfig: { PortBindings: { '80/tcp': [{}] } },
    }
    const running = await post('/containers/create?name=running', {
      Image,
      Cmd: ['sleep', '1000'],
      ...options,
    })
    await post(`/containers/${running['Id']}/start`)
    const { Id = '' } = await post(`/containers/${running['Id']}/exec`, { Cmd: ['touch', '/made'] })
    await post(`/exec/${Id}/start`, { Detach: true })
    const ended = async (): Promise<boolean> =>
      !(JSON.parse((await engine.get(`/exec/${Id}/json`)).body) as ExecInspect).Running
    await until('something has changed in it', ended)
    await post('/containers/create?name=stopped', { Image, Cmd: ['false'] })
    await post('/volumes/create', { Name: 'kept', Labels: { a: 'b' } })
    Object.assign(made, { running: 'running', stopped: 'stopped', exec: Id, volume: 'kept' })
  })

  test.each(Object.entries(ANSWERS))('GET %s', async (path, shape) => {
    const { status, body } = await engine.get(
      `/v1.51${path.replace(/\{(\w+)\}/g, (_all, name: string) => made[name]!)}`,
    )
    expect(status, body).toBe(200)
    expect(mismatches(JSON.parse(body), shape)).toEqual([])
  })

  test('GET /events', async () => {
    const { body } = await engine.get(`/v1.51/events?since=1&until=${Date.now() / 1000}`)
    const events = body.split('\n').filter(Boolean).map((line) => JSON.parse(line) as unknown) // prettier-ignore
    expect(events.length).toBeGreaterThan(5)
    for (const event of events) expect(mismatches(event, EVENT)).toEqual([])
  })

  test('errors have a message', async () => {
    const { status, body } = await engine.get('/v1.51/containers/nobody/json')
    expect(status).toBe(404)
    expect(JSON.parse(body)).toMatchObject({ message: expect.stringContaining('nobody') as unknown })
  })
})
