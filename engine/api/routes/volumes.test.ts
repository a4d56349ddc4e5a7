import { expect, test } from 'vitest'
import { EngineError } from '../../../contract/errors.ts'
import { TestServer } from '../testing/test-server.ts'

test('volumes are made, listed, looked at, removed and pruned', async () => {
  const calls: unknown[] = []
  const volume = { Name: 'data' } as never
  await using api = await TestServer.start({
    volumes: {
      create: async (request) => (calls.push(['create', request]), volume),
      list: async (filters) => (calls.push(['list', { ...filters }]), [volume]),
      inspect: async (name) => {
        throw new EngineError('NOT_FOUND', `get ${name}: no such volume`)
      },
      remove: async (name, options) => void calls.push(['remove', name, options]),
      prune: async (filters) => {
        calls.push(['prune', { ...filters }])
        return { VolumesDeleted: ['data'], SpaceReclaimed: 3 }
      },
    },
  })
  const filters = (value: object): string => `filters=${encodeURIComponent(JSON.stringify(value))}`
  const made = await api.call('POST', '/v1.51/volumes/create', { body: { Name: 'data', Labels: null } })
  expect(made).toMatchObject({ status: 201, body: '{"Name":"data"}' })
  const listed = await api.call('GET', `/volumes?${filters({ name: ['d'] })}`)
  expect(listed.body).toBe('{"Volumes":[{"Name":"data"}],"Warnings":null}')
  const missing = await api.call('GET', '/volumes/data')
  expect(missing.status).toBe(404)
  expect(JSON.parse(missing.body)).toMatchObject({ message: 'get data: no such volume' })
  expect(await api.call('DELETE', '/volumes/data?force=1')).toMatchObject({ status: 204, body: '' })
  const pruned = await api.call('POST', `/volumes/prune?${filters({ all: { true: true } })}`)
  expect(pruned.body).toBe('{"VolumesDeleted":["data"],"SpaceReclaimed":3}')
  expect(calls).toEqual([
    ['create', { Name: 'data' }],
    ['list', { name: ['d'] }],
    ['remove', 'data', { force: true }],
    ['prune', { all: ['true'] }],
  ])
  expect(await api.call('POST', '/volumes/create', { body: { Name: 5 } })).toMatchObject({ status: 400 })
})
