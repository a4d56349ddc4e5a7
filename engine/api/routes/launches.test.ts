import { expect, test } from 'vitest'
import { EngineError } from '../../../contract/errors.ts'
import type { QuickLaunch } from '../../../contract/ramet.ts'
import { TestServer } from '../testing/test-server.ts'

test('quick launches are saved, listed, run and removed', async () => {
  const calls: unknown[] = []
  const launch = { id: 'a1' } as QuickLaunch
  await using api = await TestServer.start({
    launches: {
      list: () => [launch],
      save: async (request) => (calls.push(request), launch),
      run: async (id) => ({ id: `c-${id}`, name: 'web' }),
      remove: async (id) => {
        throw new EngineError('NOT_FOUND', `no such quick launch: ${id}`)
      },
    },
  })
  const body = { config: { Image: 'web' }, pinned: true }
  expect(await api.call('POST', '/ramet/v1/launches', { body })).toMatchObject({ body: '{"id":"a1"}' })
  expect(calls).toEqual([body])
  expect(await api.call('GET', '/ramet/v1/launches')).toMatchObject({ body: '[{"id":"a1"}]' })
  const run = await api.call('POST', '/ramet/v1/launches/a1/run')
  expect(run).toMatchObject({ status: 200, body: '{"id":"c-a1","name":"web"}' })
  expect(await api.call('DELETE', '/ramet/v1/launches/a2')).toMatchObject({ status: 404 })
})

test.each([
  {},
  { config: 'web' },
  { config: { Image: 5 } },
  { config: { Image: 'web' }, title: 'x'.repeat(201) },
  { config: { Image: 'web' }, other: 1 },
])('what is no quick launch is refused: %o', async (body) => {
  await using api = await TestServer.start({})
  expect(await api.call('POST', '/ramet/v1/launches', { body })).toMatchObject({ status: 400 })
})
