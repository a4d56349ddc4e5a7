import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { ContainerInspect } from '../../contract/docker.ts'
import { EngineError } from '../../contract/errors.ts'
import { EventBus } from './events.ts'
import { LaunchService } from './launches.ts'

let folder: string
let calls: string[]
/** Names of containers, and whether they run. */
let containers: Map<string, boolean>
let startFails: boolean
let logged: string[]

beforeEach(async () => {
  folder = await mkdtemp('/tmp/ramet-launches-')
  calls = []
  containers = new Map()
  startFails = false
  logged = []
})
afterEach(() => rm(folder, { recursive: true, force: true }))

function open(): Promise<LaunchService> {
  const events = new EventBus()
  events.subscribe(({ Type, Action }) => calls.push(`event ${Type} ${Action}`))
  return LaunchService.open({
    file: `${folder}/launches.json`,
    events,
    log: (message) => void logged.push(message),
    containers: {
      create: async (name = 'invented') => {
        containers.set(name, false)
        calls.push(`create ${name}`)
        return { Id: name }
      },
      start: async (id) => {
        if (startFails) throw new EngineError('PORT_TAKEN', 'port 80 is taken')
        containers.set(id, true)
        calls.push(`start ${id}`)
      },
      remove: async (id) => {
        containers.delete(id)
        calls.push(`remove ${id}`)
      },
      inspect: async (id) => {
        if (!containers.has(id)) throw new EngineError('CONTAINER_NOT_FOUND', `no such container: ${id}`)
        return { Id: id, Name: `/${id}`, State: { Running: containers.get(id) } } as ContainerInspect
      },
    },
  })
}

const web = { config: { Image: 'web', HostConfig: { PortBindings: { '80/tcp': [{ HostPort: '8080' }] } } } }

test('a launch is saved once, pinned and renamed, and is there after a restart', async () => {
  const service = await open()
  const saved = await service.save(web)
  expect(saved).toMatchObject({ title: 'web', pinned: false, config: web.config })
  const pinned = await service.save({ config: structuredClone(web.config), pinned: true, title: 'My web' })
  expect(pinned).toMatchObject({ id: saved.id, title: 'My web', pinned: true })
  expect(await service.save(web)).toMatchObject({ title: 'My web', pinned: true })
  expect((await open()).list()).toMatchObject([{ id: saved.id, title: 'My web' }])
  await service.remove(saved.id)
  expect((await open()).list()).toEqual([])
  await expect(service.remove(saved.id)).rejects.toMatchObject({ code: 'NOT_FOUND' })
})

test('the last ten recent ones are kept, and every pinned one before them', async () => {
  const service = await open()
  await service.save({ config: { Image: 'pinned' }, pinned: true })
  for (let each = 0; each < 12; each++) await service.save({ config: { Image: `image-${each}` } })
  const titles = service.list().map(({ title }) => title)
  expect(titles).toHaveLength(11)
  expect(titles[0]).toBe('pinned')
  expect(titles).not.toContain('image-0')
})

test('a run makes a container, or starts the one that has its name', async () => {
  const service = await open()
  const { id } = await service.save({ ...web, name: 'front' })
  calls = []
  expect(await service.run(id)).toEqual({ id: 'front', name: 'front' })
  expect(calls).toEqual(['create front', 'start front', 'event daemon launches'])
  calls = []
  await service.run(id)
  expect(calls).toEqual(['event daemon launches'])
  containers.set('front', false)
  calls = []
  await service.run(id)
  expect(calls).toEqual(['start front', 'event daemon launches'])
})

test('a container that does not start is not left behind', async () => {
  const service = await open()
  const { id } = await service.save(web)
  startFails = true
  await expect(service.run(id)).rejects.toMatchObject({ code: 'PORT_TAKEN' })
  expect([...containers.keys()]).toEqual([])
})

test('a file that cannot be read is put aside', async () => {
  await writeFile(`${folder}/launches.json`, '{')
  expect((await open()).list()).toEqual([])
  expect(await readdir(folder)).toEqual(['launches.json.unreadable'])
  expect(logged).toEqual([expect.stringContaining('launches.json.unreadable')])
})
