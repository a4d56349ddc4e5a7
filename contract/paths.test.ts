import { expect, test } from 'vitest'
import { paths } from './paths.ts'

test('RAMET_HOME puts all but the cache under one folder', () => {
  expect(paths({ RAMET_HOME: '/tmp/x/', HOME: '/home/u', XDG_DATA_HOME: '/other' }, 1000)).toEqual({
    data: '/tmp/x/data',
    state: '/tmp/x/state',
    config: '/tmp/x/config',
    runtime: '/tmp/x/run',
    socket: '/tmp/x/run/docker.sock',
    cache: '/home/u/.cache/ramet',
  })
})

test('XDG variables are followed', () => {
  const env = {
    HOME: '/home/u',
    XDG_DATA_HOME: '/d',
    XDG_STATE_HOME: '/s',
    XDG_CONFIG_HOME: '/c',
    XDG_RUNTIME_DIR: '/run/user/1000',
    XDG_CACHE_HOME: '/k',
  }
  expect(paths(env, 1000)).toEqual({
    data: '/d/ramet',
    state: '/s/ramet',
    config: '/c/ramet',
    runtime: '/run/user/1000/ramet',
    socket: '/run/user/1000/ramet/docker.sock',
    cache: '/k/ramet',
  })
})

test('without them the defaults under HOME stand, and a runtime folder per user', () => {
  expect(paths({ HOME: '/home/u' }, 1000)).toEqual({
    data: '/home/u/.local/share/ramet',
    state: '/home/u/.local/state/ramet',
    config: '/home/u/.config/ramet',
    runtime: '/tmp/ramet-1000',
    socket: '/tmp/ramet-1000/docker.sock',
    cache: '/home/u/.cache/ramet',
  })
})

test('relative or empty XDG values are ignored', () => {
  const env = { HOME: '/h', XDG_DATA_HOME: 'data', XDG_STATE_HOME: '', XDG_RUNTIME_DIR: 'run' }
  expect(paths(env, 7)).toMatchObject({
    data: '/h/.local/share/ramet',
    state: '/h/.local/state/ramet',
    runtime: '/tmp/ramet-7',
  })
})

test('RAMET_CACHE names the cache itself, in both layouts', () => {
  expect(paths({ HOME: '/h', RAMET_CACHE: '/k' }, 1).cache).toBe('/k')
  expect(paths({ RAMET_HOME: '/tmp/x', RAMET_CACHE: '/k' }, 1).cache).toBe('/k')
})

test('a missing HOME is named, where it is needed', () => {
  expect(() => paths({}, 1)).toThrow(/HOME is not set/)
  expect(() => paths({ RAMET_HOME: '/tmp/x', XDG_CACHE_HOME: '/k' }, 1)).not.toThrow()
})
