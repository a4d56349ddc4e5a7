import { expect, test } from 'vitest'
import { SystemdScopes, type Bus } from './systemd-scope.ts'

/** A mock of busctl: systemd cannot be had where it is not PID 1. It fails on calls that it does not know. */
function bus(knownUnits: string[]): { bus: Bus; calls: string[][] } {
  const calls: string[][] = []
  return {
    calls,
    async bus(args) {
      calls.push(args)
      const [verb, service, path, , method, , unit] = args
      expect([service, path]).toEqual(['org.freedesktop.systemd1', '/org/freedesktop/systemd1'])
      if (verb === 'get-property' && method === 'Version') return 's "252"'
      if (method === 'SetUnitProperties' && knownUnits.includes(unit!)) return ''
      if (method === 'StartTransientUnit' && !knownUnits.includes(unit!)) return 'o "/job/1"'
      throw new Error(`Call failed: ${method} ${unit}`)
    },
  }
}

test('a process gets a scope with what it may take', async () => {
  const { bus: systemd, calls } = bus([])
  const scopes = new SystemdScopes(systemd)
  expect(await scopes.available()).toBe(true)
  await scopes.set(42, 'ramet-a', { cpus: 1.5, cpuWeight: 50, ioWeight: 10 })
  expect(calls.at(-1)!.slice(4)).toEqual([
    ...['StartTransientUnit', 'ssa(sv)a(sa(sv))', 'ramet-a.scope', 'fail', '4'],
    ...[
      'PIDs',
      'au',
      '1',
      '42',
      'CPUQuotaPerSecUSec',
      't',
      '1500000',
      'CPUWeight',
      't',
      '50',
      'IOWeight',
      't',
      '10',
    ],
    '0',
  ])
})

test('what has a scope already is changed in it', async () => {
  const { bus: systemd, calls } = bus(['ramet-a.scope'])
  await new SystemdScopes(systemd).set(42, 'ramet-a', { cpuWeight: 50 })
  expect(calls.map((call) => call.slice(4))).toEqual([
    ['SetUnitProperties', 'sba(sv)', 'ramet-a.scope', 'true', '1', 'CPUWeight', 't', '50'],
  ])
})

test('without a manager there are no scopes, and it is asked once', async () => {
  let asked = 0
  const scopes = new SystemdScopes(async () => {
    asked++
    throw new Error('no bus')
  })
  expect([await scopes.available(), await scopes.available()]).toEqual([false, false])
  expect(asked).toBe(1)
  await expect(scopes.set(1, 'ramet-a', { cpus: 1 })).rejects.toMatchObject({ code: 'INTERNAL' })
})
