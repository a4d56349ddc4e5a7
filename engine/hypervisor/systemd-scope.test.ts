import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { SystemdScopes, type Bus } from './systemd-scope.ts'

/** With a mock of busctl and of the kernel's files; with the real ones tests/matrix/systemd.sh has it. */
const USER_GROUP = '/user.slice/user-1000.slice/user@1000.service'
let root: string

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'ramet-scopes-'))
  await put(`sys/fs/cgroup${USER_GROUP}/cgroup.controllers`, 'cpu memory pids\n')
})

afterEach(() => rm(root, { recursive: true }))

async function put(file: string, text: string): Promise<void> {
  await mkdir(dirname(join(root, file)), { recursive: true })
  await writeFile(join(root, file), text)
}

/** Fails on calls that it does not know; a unit is there already, `busy` times more often than it is asked for. */
function mock(busy = 0): { bus: Bus; calls: string[][] } {
  const calls: string[][] = []
  const bus: Bus = async (args) => {
    calls.push(args)
    const [verb, service, path, , method, , unit] = args
    expect([service, path]).toEqual(['org.freedesktop.systemd1', '/org/freedesktop/systemd1'])
    if (verb === 'get-property' && method === 'ControlGroup') return `s "${USER_GROUP}"\n`
    if (method === 'SetUnitProperties') return ''
    if (method === 'StartTransientUnit' && busy-- > 0)
      throw new Error(`Call failed: Unit ${unit} was already loaded or has a fragment file.`)
    if (method === 'StartTransientUnit') {
      await put('proc/42/cgroup', `0::${USER_GROUP}/app.slice/${unit}\n`)
      return 'o "/job/1"'
    }
    throw new Error(`Call failed: ${method} ${unit}`)
  }
  return { bus, calls }
}

const START = ['StartTransientUnit', 'ssa(sv)a(sa(sv))', 'ramet-a.scope', 'fail']
const HELD = ['PIDs', 'au', '1', '42', 'CollectMode', 's', 'inactive-or-failed']

test('a process gets a scope with what it may take', async () => {
  await put('proc/42/cgroup', '0::/user.slice/session-1.scope\n')
  const { bus, calls } = mock()
  const scopes = new SystemdScopes({ bus, root })
  expect(await scopes.controllers()).toEqual(new Set(['cpu', 'memory', 'pids']))
  await scopes.set(42, 'ramet-a', { cpus: 1.5, cpuWeight: 50, ioWeight: 10 })
  const share = ['CPUQuotaPerSecUSec', 't', '1500000', 'CPUWeight', 't', '50', 'IOWeight', 't', '10']
  expect(calls.at(-1)!.slice(4)).toEqual([...START, '5', ...HELD, ...share, '0'])
})

test('what is in its scope already is changed in it', async () => {
  await put('proc/42/cgroup', `0::${USER_GROUP}/app.slice/ramet-a.scope\n`)
  const { bus, calls } = mock()
  await new SystemdScopes({ bus, root }).set(42, 'ramet-a', { cpuWeight: 50 })
  expect(calls.map((call) => call.slice(4))).toEqual([
    ['SetUnitProperties', 'sba(sv)', 'ramet-a.scope', 'true', '1', 'CPUWeight', 't', '50'],
  ])
})

test('the scope of the last run, which is about to go, is not taken for its own', async () => {
  const { bus, calls } = mock(2)
  await new SystemdScopes({ bus, root }).set(42, 'ramet-a', { cpuWeight: 50 })
  expect(calls.map((call) => call[4])).toEqual(Array(3).fill('StartTransientUnit'))
})

test('without a manager nothing is held, and it is asked once', async () => {
  let asked = 0
  const bus = async (): Promise<string> => {
    asked++
    throw new Error('no bus')
  }
  const scopes = new SystemdScopes({ bus, root })
  expect([await scopes.controllers(), await scopes.controllers()]).toEqual([new Set(), new Set()])
  expect(asked).toBe(1)
  await expect(scopes.set(1, 'ramet-a', { cpus: 1 })).rejects.toMatchObject({ code: 'INTERNAL' })
})
