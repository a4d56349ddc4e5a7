import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { EventMessage } from '../../../contract/docker.ts'
import { EventBus } from '../events.ts'
import { VolumeService } from './volumes.ts'

let folder: string
let users: Record<string, string[]>
let seen: string[]
let logged: string[]

beforeEach(async () => {
  folder = await mkdtemp('/tmp/ramet-volumes-')
  users = {}
  seen = []
  logged = []
})
afterEach(() => rm(folder, { recursive: true, force: true }))

function open(): Promise<VolumeService> {
  const events = new EventBus()
  events.subscribe(({ Action, Actor }: EventMessage) => seen.push(`${Action} ${Actor.ID}`.trim()))
  const log = (message: string): void => void logged.push(message)
  return VolumeService.open({ folder, events, usersOf: (name) => users[name] ?? [], log })
}

const names = async (service: VolumeService, filters = {}): Promise<string[]> =>
  (await service.list(filters)).map(({ Name }) => Name)

test('a volume is a folder, is made once, and is there after a restart', async () => {
  const service = await open()
  const made = await service.create({ Name: 'data', Labels: { a: 'b' } })
  expect(made).toMatchObject({ Name: 'data', Driver: 'local', Labels: { a: 'b' }, Scope: 'local' })
  expect(made.CreatedAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
  expect((await stat(made.Mountpoint)).isDirectory()).toBe(true)
  expect(await service.create({ Name: 'data', Labels: { other: '' } })).toEqual(made)
  expect(seen).toEqual(['create data'])
  expect(await (await open()).inspect('data')).toEqual(made)
})

test('a volume may be a disk of its own, sparse and formatted', async () => {
  const service = await open()
  const made = await service.create({ Name: 'disk', DriverOpts: { type: 'disk', size: '64m' } })
  expect(made.Options).toEqual({ type: 'disk', size: '64m' })
  const { kind, path } = service.source('disk')
  expect(kind).toBe('disk')
  const { size, blocks } = await stat(path)
  expect(size).toBe(64 * 1024 ** 2)
  expect(blocks * 512).toBeLessThan(size)
  expect((await service.usage())[0]!.UsageData!.Size).toBe(blocks * 512)
  await service.remove('disk', { force: false })
  await expect(stat(path)).rejects.toThrow('ENOENT')
})

test('what was left half made is swept, and a broken record harms no other volume', async () => {
  await (await open()).create({ Name: 'whole' })
  for (const name of ['.new-1', '.removed-1', 'broken']) await mkdir(`${folder}/${name}`)
  await writeFile(`${folder}/broken/volume.json`, '{')
  expect(await names(await open())).toEqual(['whole'])
  expect((await readdir(folder)).sort()).toEqual(['broken', 'whole'])
  expect(logged).toEqual([expect.stringContaining('the volume broken is left out')])
})

test.each([
  [{ Name: '../x' }, 'INVALID_ARGUMENT', 'includes invalid characters for a local volume name'],
  [{ Name: 'x' }, 'INVALID_ARGUMENT', 'includes invalid characters'],
  [{ Name: 'x'.repeat(256) }, 'INVALID_ARGUMENT', 'includes invalid characters'],
  [{ Name: 'data', Driver: 'nfs' }, 'NOT_FOUND', 'plugin "nfs" not found'],
  [{ Name: 'data', DriverOpts: { type: 'tmpfs' } }, 'NOT_SUPPORTED', "the option 'type'"],
  [{ Name: 'data', DriverOpts: { size: '1g' } }, 'NOT_SUPPORTED', 'make it a disk with type=disk'],
  [{ Name: 'data', DriverOpts: { type: 'disk', size: 'big' } }, 'INVALID_ARGUMENT', "invalid size 'big'"],
  [{ Name: 'data', DriverOpts: { type: 'disk', size: '1m' } }, 'INVALID_ARGUMENT', "invalid size '1m'"],
  [{ Name: 'data', DriverOpts: { type: 'disk', o: 'ro' } }, 'NOT_SUPPORTED', "has no option 'o'"],
  [{ Name: 'data', DriverOpts: { colour: 'red' } }, 'INVALID_ARGUMENT', 'invalid option: "colour"'],
])('%j is refused by name', async (request, code, message) => {
  const service = await open()
  await expect(service.create(request)).rejects.toMatchObject({
    code,
    message: expect.stringContaining(message),
  })
  expect(await readdir(folder)).toEqual([])
})

test('the list is filtered', async () => {
  const service = await open()
  await service.create({ Name: 'one', Labels: { kind: 'a' } })
  await service.create({ Name: 'two', Labels: { kind: 'b' } })
  users = { two: ['c'] }
  expect(await names(service, { name: ['^o'] })).toEqual(['one'])
  expect(await names(service, { label: ['kind=b'] })).toEqual(['two'])
  expect(await names(service, { label: ['kind'], driver: ['local'] })).toEqual(['one', 'two'])
  expect(await names(service, { driver: ['nfs'] })).toEqual([])
  expect(await names(service, { dangling: ['true'] })).toEqual(['one'])
  expect(await names(service, { dangling: ['0'] })).toEqual(['two'])
  await expect(service.list({ dangling: ['so'] })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  await expect(service.list({ scope: ['local'] })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
})

test('one in use stays, one that is not there is missed unless forced', async () => {
  const service = await open()
  await service.create({ Name: 'data' })
  users = { data: ['abc'] }
  await expect(service.remove('data', { force: true })).rejects.toMatchObject({
    code: 'CONFLICT',
    message: 'remove data: volume is in use - [abc]',
  })
  users = {}
  await service.remove('data', { force: false })
  expect(await readdir(folder)).toEqual([])
  expect(seen).toEqual(['create data', 'destroy data'])
  await service.remove('data', { force: true })
  await expect(service.remove('data', { force: false })).rejects.toThrow('get data: no such volume')
})

test('a prune takes the nameless, or all, but none in use', async () => {
  const service = await open()
  const { Name, Mountpoint } = await service.create({})
  await writeFile(`${Mountpoint}/file`, Buffer.alloc(8192, 1))
  await service.create({ Name: 'kept', Labels: { keep: '' } })
  await service.create({ Name: 'named' })
  await service.create({ Name: 'used' })
  users = { used: ['c'] }
  expect(await service.usage()).toContainEqual(
    expect.objectContaining({ Name, UsageData: { RefCount: 0, Size: 8192 } }),
  )
  expect(await service.prune({})).toEqual({ VolumesDeleted: [Name], SpaceReclaimed: 8192 })
  expect((await service.prune({ all: ['true'], 'label!': ['keep'] })).VolumesDeleted).toEqual(['named'])
  expect(await names(service)).toEqual(['kept', 'used'])
})
