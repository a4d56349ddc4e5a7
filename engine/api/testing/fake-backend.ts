import type { Backend } from '../backend.ts'
import { EngineError } from '../../../contract/errors.ts'

type Parts = { [Part in keyof Backend]?: Partial<Backend[Part]> }

/**
 * A fake: the real services need VMs. It knows nothing; a test gives the few methods that it is about, and any other
 * call is an error that says so.
 */
export function fakeBackend(parts: Parts = {}): Backend {
  const part = <Name extends keyof Backend>(name: Name): Backend[Name] =>
    new Proxy((parts[name] ?? {}) as Backend[Name], {
      get: (given, method: string) =>
        Reflect.get(given, method) ??
        (() => {
          throw new EngineError('INTERNAL', `the test's backend has no ${name}.${method}`)
        }),
    })
  return {
    containers: part('containers'),
    stats: part('stats'),
    files: part('files'),
    bootLogs: part('bootLogs'),
    execs: part('execs'),
    images: part('images'),
    templates: part('templates'),
    live: part('live'),
    volumes: part('volumes'),
    networks: part('networks'),
    ports: part('ports'),
    memory: part('memory'),
    host: part('host'),
    launches: part('launches'),
    settings: part('settings'),
    starts: part('starts'),
    standby: part('standby'),
    events: part('events'),
  }
}
