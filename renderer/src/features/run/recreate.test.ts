import { expect, test } from 'vitest'
import type { ContainerInspect } from '../../../../contract/docker.ts'
import { recreate, withVolumesOf, type Recreating } from './recreate.ts'

/** The engine as far as it is needed; `fails` names what it refuses. */
function engine({ running = true, fails = '' } = {}) {
  const did: string[] = []
  const step =
    (what: string) =>
    async (...args: string[]): Promise<void> => {
      const told = [what, ...args].join(' ')
      did.push(told)
      if (told === fails) throw new Error(`cannot ${told}`)
    }
  const parts: Recreating = {
    inspect: async () => ({ Name: '/web', State: { Running: running } }) as unknown as ContainerInspect,
    rename: step('rename'),
    stop: step('stop'),
    start: step('start'),
    remove: step('remove'),
    create: async () => {
      await step('create')()
      return 'new'
    },
  }
  return { did, parts }
}
const WEB = { id: 'old', takesName: true }

test('the old one goes once the new one runs', async () => {
  const { did, parts } = engine()
  expect(await recreate(WEB, parts)).toBe('new')
  expect(did).toEqual(['rename old web-replaced', 'create', 'stop old', 'start new', 'remove old'])
})

test('one that does not run is not stopped, and one whose name is not taken keeps it until it goes', async () => {
  const { did, parts } = engine({ running: false })
  await recreate({ id: 'old', takesName: false }, parts)
  expect(did).toEqual(['create', 'start new', 'remove old'])
})

test.each([
  ['create', ['rename old web']],
  ['stop old', ['remove new', 'rename old web', 'start old']],
  ['start new', ['remove new', 'rename old web', 'start old']],
])('where it cannot %s the old one is as it was', async (fails, taken) => {
  const { did, parts } = engine({ fails })
  await expect(recreate(WEB, parts)).rejects.toThrow(`cannot ${fails}`)
  expect(did.slice(did.indexOf(fails) + 1)).toEqual(taken)
})

test('one that did not run is not started in the end', async () => {
  const { did, parts } = engine({ running: false, fails: 'start new' })
  await expect(recreate(WEB, parts)).rejects.toThrow()
  expect(did).not.toContain('start old')
})

test('an old one that cannot be removed leaves the new one running', async () => {
  const { did, parts } = engine({ fails: 'remove old' })
  await expect(recreate(WEB, parts)).rejects.toThrow('cannot remove old')
  expect(did.at(-1)).toBe('remove old')
})

test('volumes without a name go along, but where something else is mounted now', () => {
  const more = { Type: 'volume', Target: '/more/', ReadOnly: true, VolumeOptions: { NoCopy: true } }
  const tmpfs = { Type: 'tmpfs', Target: '/scratch', TmpfsOptions: { Mode: 0o700 } }
  const volume = (Name: string, Destination: string) => ({ Type: 'volume', Name, Destination, RW: true })
  const old = {
    Config: { Volumes: { '/data': {}, '/cache': {}, '/tmp/x': {} } },
    HostConfig: { Binds: ['named:/named', '/bare'], Mounts: [more] },
    Mounts: [
      volume('a1', '/data'),
      volume('b2', '/cache'),
      volume('named', '/named'),
      volume('c3', '/more'),
      volume('d4', '/of-another'),
      volume('e5', '/bare'),
    ],
  } as unknown as ContainerInspect
  const request = { HostConfig: { Binds: ['other:/cache'], Mounts: [tmpfs, more] } }
  expect(withVolumesOf(old, request).HostConfig!.Mounts).toEqual([
    tmpfs,
    { ...more, Source: 'c3' },
    { Type: 'volume', Source: 'a1', Target: '/data', ReadOnly: false },
    { Type: 'volume', Source: 'e5', Target: '/bare', ReadOnly: false },
  ])
  expect(withVolumesOf({ ...old, Mounts: [] }, request)).toBe(request)
})
