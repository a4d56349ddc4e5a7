import { expect, test } from 'vitest'
import { EngineError } from '../../../contract/errors.ts'
import { TestServer } from '../testing/test-server.ts'

test('disk usage tells of what was asked for', async () => {
  const Images = [{ Id: 'sha256:1', Size: 5 }] as never
  const Containers = [{ Id: 'c', SizeRw: 3 }] as never
  const listed: unknown[] = []
  await using api = await TestServer.start({
    images: { usage: async () => ({ Images, LayersSize: 5 }) },
    volumes: { usage: async () => [] },
    containers: {
      list: async (options) => {
        listed.push(options)
        return Containers
      },
    },
  })
  const usage = async (query = ''): Promise<unknown> =>
    JSON.parse((await api.call('GET', `/v1.51/system/df${query}`)).body)
  const all = { LayersSize: 5, Images, Containers, Volumes: [], BuildCache: [] }
  expect(await usage()).toEqual(all)
  expect(await usage('?type=image&type=volume')).toEqual({ ...all, Containers: null, BuildCache: null })
  expect(await usage('?type=container')).toMatchObject({ LayersSize: 0, Images: null, Containers })
  expect((await api.call('GET', '/system/df?type=dust')).status).toBe(400)
  expect(listed).toEqual([
    { all: true, size: true, filters: {} },
    { all: true, size: true, filters: {} },
  ])
})

test('a login is checked, and its password is in no answer and no log', async () => {
  const asked: unknown[] = []
  await using api = await TestServer.start({
    images: {
      login: async (auth) => {
        asked.push(auth)
        if (auth.password !== 'right') throw new EngineError('UNAUTHORIZED', 'refused')
      },
    },
  })
  const login = { username: 'u', password: 'right', serveraddress: 'localhost:5000', email: '' }
  const answer = await api.call('POST', '/v1.51/auth', { body: login })
  expect([answer.status, JSON.parse(answer.body)]).toEqual([
    200,
    { Status: 'Login Succeeded', IdentityToken: '' },
  ])
  const refused = await api.call('POST', '/auth', { body: { ...login, password: 'geheim' } })
  expect(refused.status).toBe(401)
  expect((await api.call('POST', '/auth', { body: { username: 1 } })).status).toBe(400)
  expect(asked).toEqual([login, { ...login, password: 'geheim' }])
  expect(refused.body + api.logged.join()).not.toContain('geheim')
})
