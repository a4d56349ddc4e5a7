import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import type { ContainerStats } from '../../../contract/docker-stats.ts'
import type { StatsBackend } from '../backend.ts'
import { TestServer } from '../testing/test-server.ts'

let api: TestServer

afterEach(() => api[Symbol.asyncDispose]())

const reading = (number: number) => ({ id: 'x', name: `/${number}` }) as ContainerStats

test('one answer, compared with one before it unless asked for one shot', async () => {
  const asked: boolean[] = []
  const once: StatsBackend['once'] = async (_id, { compared }) => {
    asked.push(compared)
    return reading(1)
  }
  api = await TestServer.start({ stats: { once } })
  expect(JSON.parse((await api.call('GET', '/containers/x/stats?stream=0')).body)).toEqual(reading(1))
  await api.call('GET', '/containers/x/stats?stream=false&one-shot=1')
  expect(asked).toEqual([true, false])
  expect((await api.call('GET', '/containers/x/stats?one-shot=1')).status).toBe(400)
})

test('a stream has one line a reading, and ends with the container', async () => {
  async function* readings(): AsyncGenerator<ContainerStats> {
    yield reading(1)
    yield reading(2)
  }
  api = await TestServer.start({ stats: { watch: async () => readings() } })
  const { status, headers, body } = await api.call('GET', '/containers/x/stats')
  expect({ status, type: headers['content-type'] }).toEqual({ status: 200, type: 'application/json' })
  expect(body).toBe(`${JSON.stringify(reading(1))}\n${JSON.stringify(reading(2))}\n`)
})

test('a client that goes away ends the watching', async () => {
  let ended = false
  async function* readings(signal: AbortSignal): AsyncGenerator<ContainerStats> {
    try {
      for (let number = 0; !signal.aborted; number++) {
        yield reading(number)
        await delay(5)
      }
    } finally {
      ended = true
    }
  }
  api = await TestServer.start({ stats: { watch: async (_id, signal) => readings(signal) } })
  const client = await api.raw()
  client.send('GET /containers/x/stats HTTP/1.1\r\nHost: x\r\n\r\n')
  await client.until('"/2"')
  client.socket.destroy()
  await expect.poll(() => ended).toBe(true)
})
