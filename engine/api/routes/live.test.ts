import { expect, test } from 'vitest'
import { EngineError } from '../../../contract/errors.ts'
import { TestServer } from '../testing/test-server.ts'

test('containers are frozen, forked, and taken back to checkpoints', async () => {
  const calls: unknown[] = []
  const frozen = { image: 'sha256:1', template: 'a', heldMs: 2, stoppedMs: 1 }
  const forked = { template: 'b', heldMs: 2, stoppedMs: 1, containers: [{ Id: '1', Name: 'one' }] }
  const checkpoint = { Name: 'here', CreatedAt: '2026-01-01T00:00:00Z', SizeBytes: 5 }
  await using api = await TestServer.start({
    live: {
      freeze: async (id, reference) => (calls.push(['freeze', id, reference]), frozen),
      fork: async (...args) => (calls.push(['fork', ...args]), forked),
      checkpoint: async (...args) => (calls.push(['checkpoint', ...args]), checkpoint),
      checkpoints: async (...args) => (calls.push(['checkpoints', ...args]), [checkpoint]),
      removeCheckpoint: async () => {
        throw new EngineError('NOT_FOUND', 'checkpoint gone does not exist')
      },
      rewind: async (...args) => void calls.push(['rewind', ...args]),
      activity: async (...args) => (
        calls.push(['activity', ...args]),
        { files: [], processes: [], ports: [] }
      ),
    },
    containers: { start: async (...args) => void calls.push(['start', ...args]) },
  })
  const status = async (method: string, path: string, body?: unknown): Promise<number> =>
    (await api.call(method, path, { body })).status
  expect(await api.call('POST', '/ramet/v1/containers/c/freeze', { body: { reference: 'warm:1' } })).toMatchObject({ status: 201, body: JSON.stringify(frozen) }) // prettier-ignore
  expect(await status('POST', '/ramet/v1/containers/c/freeze', {})).toBe(400)
  expect((await api.call('POST', '/ramet/v1/containers/c/fork')).body).toBe(JSON.stringify(forked))
  expect(await status('POST', '/ramet/v1/containers/c/fork', { count: 2, name: 'n' })).toBe(201)
  expect(await status('POST', '/ramet/v1/containers/c/fork', { count: 0 })).toBe(400)
  expect(await status('POST', '/ramet/v1/containers/c/fork', { colour: 'red' })).toBe(400)
  expect(await status('POST', '/v1.51/containers/c/checkpoints', { CheckpointID: 'here', Exit: true })).toBe(
    201,
  )
  expect((await api.call('GET', '/containers/c/checkpoints')).body).toBe(JSON.stringify([checkpoint]))
  expect(await status('GET', '/containers/c/checkpoints?dir=/tmp')).toBe(501)
  expect(await status('DELETE', '/containers/c/checkpoints/gone')).toBe(404)
  expect(await status('POST', '/ramet/v1/containers/c/rewind')).toBe(204)
  expect(await status('POST', '/containers/c/start?checkpoint=here')).toBe(204)
  expect(await status('POST', '/containers/c/start?checkpoint=here&checkpoint-dir=/tmp')).toBe(501)
  expect(await status('POST', '/containers/c/start')).toBe(204)
  expect(await status('GET', '/ramet/v1/containers/c/activity?since=1700000000.5')).toBe(200)
  expect(calls).toEqual([
    ['freeze', 'c', 'warm:1'],
    ['fork', 'c', {}],
    ['fork', 'c', { count: 2, name: 'n' }],
    ['checkpoint', 'c', { CheckpointID: 'here', Exit: true }],
    ['checkpoints', 'c'],
    ['rewind', 'c', undefined],
    ['rewind', 'c', 'here'],
    ['start', 'c'],
    ['activity', 'c', 1_700_000_000_500_000_000n],
  ])
})

test('who asked for an image and went away gets none', async () => {
  const { promise: aborted, resolve } = Promise.withResolvers<undefined>()
  await using api = await TestServer.start({
    live: {
      freeze: async (_id, _reference, { signal }) => {
        signal.addEventListener('abort', () => resolve(undefined))
        client.socket.destroy()
        await aborted
        signal.throwIfAborted()
        throw new Error('it was not told')
      },
    },
  })
  const body = '{"reference":"warm:1"}'
  const client = await api.raw()
  client.send(
    `POST /ramet/v1/containers/c/freeze HTTP/1.1\r\nHost: ramet\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  )
  await aborted
  expect(api.logged).toEqual([])
})
