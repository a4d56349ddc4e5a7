import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { TestServer } from '../../../engine/api/testing/test-server.ts'
import { OPTIONS_TABLE, optionsTable } from './options-table.ts'
import { STATUS } from './status.ts'
import { endpoints, TABLE, table } from './table.ts'

let api: TestServer

beforeAll(async () => {
  api = await TestServer.start()
})
afterAll(() => api[Symbol.asyncDispose]())

test('every endpoint of the API has its line, and there are no others', () => {
  expect(endpoints().length).toBeGreaterThan(100)
  expect(Object.keys(STATUS).toSorted()).toEqual(endpoints().toSorted())
})

test('docs/docker-api.md and docs/create-options.md are what write.ts makes of them', () => {
  expect(readFileSync(TABLE, 'utf8')).toBe(table())
  expect(readFileSync(OPTIONS_TABLE, 'utf8')).toBe(optionsTable())
})

test.each(Object.entries(STATUS))('%s is answered as the table says', async (endpoint, { kind }) => {
  const [method, path] = endpoint.split(' ') as [string, string]
  // Events would go on for ever; of a time that is none every route complains.
  const { status, body } = await api.call(method, `/v1.51${path.replace(/\{\w+\}/g, 'x')}?since=never`)
  if (kind === 'refused') return expect(status).toBe(501)
  // Behind a route is a backend that can do nothing: any answer but these two comes of the route itself.
  expect(status).not.toBe(501)
  expect(body).not.toMatch(/page not found/)
})
