import { expect, test } from 'vitest'
import { settleNulls } from './nulls.ts'
import { containerCreate } from './schemas.ts'

test('a field that is null is as if it were not there, at any depth', () => {
  const body = {
    Image: 'a',
    Hostname: null,
    Tty: null,
    Healthcheck: { Test: ['NONE'], StartPeriod: null },
    HostConfig: { Memory: null, Ulimits: [{ Name: 'nofile', Soft: null }] },
  }
  settleNulls(containerCreate, body)
  expect(body).toEqual({
    Image: 'a',
    Healthcheck: { Test: ['NONE'] },
    HostConfig: { Ulimits: [{ Name: 'nofile' }] },
  })
})

test('a map keeps the name', () => {
  const body = { Labels: { a: null, b: 'c' }, ExposedPorts: { '80/tcp': null }, Volumes: { '/data': null } }
  settleNulls(containerCreate, body)
  expect(body).toEqual({
    Labels: { a: '', b: 'c' },
    ExposedPorts: { '80/tcp': {} },
    Volumes: { '/data': {} },
  })
})

test('what no schema knows, and what is no object, stays', () => {
  const body = { Unknown: null, __proto__: null, HostConfig: null, Cmd: 'x' }
  settleNulls(containerCreate, body)
  expect(body).toEqual({ Unknown: null, Cmd: 'x' })
  for (const value of [null, 'x', 1, [null]]) expect(() => settleNulls(containerCreate, value)).not.toThrow()
})
