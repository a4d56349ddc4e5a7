import { mkdir, mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { bindModel, bindWarnings } from './bind-owners.ts'
import type { BindSource } from './bind-source.ts'
import type { MountRecord } from './record.ts'
import { O_PATH } from './refused.ts'

let folder: string
let source: BindSource

const bind: MountRecord = { type: 'bind', target: '/data', source: '/srv', readOnly: false, mode: '' }
const ordinary = { isRoot: false }

async function openSource(path: string): Promise<BindSource> {
  const handle = await open(path, O_PATH)
  const { mode, uid, gid } = await handle.stat()
  return { kind: 'folder', handle, mode, uid, gid }
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ramet-owners-'))
  await mkdir(join(folder, 'own'), { mode: 0o755 })
  source = await openSource(join(folder, 'own'))
})

afterEach(async () => {
  await source.handle.close()
  await rm(folder, { recursive: true })
})

test('owners stand beside the files only where an image keeps its data and they cannot be given away', async () => {
  const data = { ...bind, isData: true }
  expect(await bindModel(bind, source, { isRoot: true })).toBe('passthrough')
  expect(await bindModel(data, source, { isRoot: true })).toBe('passthrough')
  expect(await bindModel(bind, source, ordinary)).toBe('none')
  expect(await bindModel(data, source, ordinary)).toBe('mapped-xattr')
  expect(await bindModel(data, { ...source, kind: 'file' }, ordinary)).toBe('none')
})

test('a file system that keeps no attributes of users is told of, where a database would want them', async () => {
  const data = { ...bind, isData: true }
  expect(await bindWarnings(data, source, { ...ordinary, user: '' })).toEqual([])
  const path = await mkdtemp('/dev/shm/ramet-owners-')
  const shm = await openSource(path)
  expect(await bindModel(data, shm, ordinary)).toBe('none')
  const words = await bindWarnings(data, shm, { ...ordinary, user: '' })
  expect(words.join()).toContain('/srv:/data: its file system keeps no owners for you')
  await shm.handle.close()
  await rm(path, { recursive: true })
})

test.each([
  ['4321', 1],
  ['4321:99', 1],
  ['0', 0],
  ['', 0],
  ['postgres', 0],
])('whether the user %o may write is said where it is known', async (user, warnings) => {
  const words = await bindWarnings(bind, source, { ...ordinary, user })
  expect(words).toHaveLength(warnings)
  if (warnings > 0) {
    expect(words[0]).toContain(`the container's user 4321 cannot write to it`)
    expect(words[0]).toContain(`--user ${source.uid}:${source.gid}`)
  }
  expect(await bindWarnings(bind, source, { isRoot: true, user })).toEqual([])
  expect(await bindWarnings({ ...bind, readOnly: true }, source, { ...ordinary, user })).toEqual([])
})

test('a folder that everybody may write to, or their group, and one’s own, are fit for any', async () => {
  expect(await bindWarnings(bind, source, { ...ordinary, user: String(source.uid) })).toEqual([])
  const shared = { ...source, mode: source.mode | 0o020 }
  const warned = (user: string): Promise<string[]> => bindWarnings(bind, shared, { ...ordinary, user })
  expect(await warned(`4321:${source.gid}`)).toEqual([])
  expect(await warned(`4321:${source.gid + 1}`)).toHaveLength(1)
  const open = { ...source, mode: source.mode | 0o002 }
  expect(await bindWarnings(bind, open, { ...ordinary, user: '4321' })).toEqual([])
})
