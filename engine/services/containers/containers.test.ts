import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { EventMessage } from '../../../contract/docker.ts'
import type { Hypervisor, VirtualMachine, VmState } from '../../hypervisor/virtual-machine.ts'
import type { Switches } from '../../switch/switches.ts'
import { EventBus } from '../events.ts'
import { ExecService } from '../execs.ts'
import { Attachments } from '../networks/attachments.ts'
import { NetworkService } from '../networks/networks.ts'
import { testMounts } from '../mounts/testing.ts'
import { ContainerService } from './containers.ts'
import type { ContainerContext } from './context.ts'
import { decode, encode, type ContainerRecord } from './record.ts'
import { StreamService } from './streams.ts'

let folder: string
let service: ContainerService
let happened: EventMessage[]

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ramet-containers-'))
  happened = []
  const events = new EventBus()
  events.subscribe((event) => happened.push(event))
  const records = () => service.records()
  const networks = await NetworkService.open({
    folder: join(folder, 'networks'),
    events,
    containers: records,
    hostRoutes: async () => [],
    log: () => {},
  })
  // Nothing here starts a container: images and templates are not asked.
  service = new ContainerService({
    hypervisor: { onStopped: () => () => {}, unenforced: async () => [] } as Partial<Hypervisor>,
    events,
    networks: new Attachments({
      networks,
      // Nothing here runs, so nothing has a place in a network.
      switches: {} as Switches,
      containers: records,
      log: () => {},
    }),
    mounts: await testMounts(join(folder, 'volumes')),
    diskDir: join(folder, 'disks'),
    logDir: join(folder, 'logs'),
    socketDir: folder,
    log: () => {},
  } as Partial<ContainerContext> as ContainerContext)
})

afterEach(async () => {
  service.close()
  await rm(folder, { recursive: true })
})

/** A VM that does nothing, and notes what it is told. */
class FakeMachine {
  readonly name = 'ramet-test'
  readonly uuid = ''
  readonly told: string[] = []
  saved = ''
  failing = false
  readonly #state: VmState

  constructor(state: VmState) {
    this.#state = state
  }

  async state(): Promise<VmState> {
    return this.#state
  }

  async saveRecord(text: string): Promise<void> {
    if (this.failing) throw new Error('the disk is full')
    this.saved = text
  }

  async suspend(): Promise<void> {
    this.told.push('suspend')
  }

  async resume(): Promise<void> {
    this.told.push('resume')
  }

  async pid(): Promise<number> {
    return 7
  }

  async destroy(): Promise<void> {
    this.told.push('destroy')
  }

  destroyLeft(): Promise<void> {
    return this.destroy()
  }

  async undefine(): Promise<void> {
    this.told.push('undefine')
  }
}

const idOf = (name: string): string => Buffer.from(name.padEnd(32, '.')).toString('hex')

/** Has the service take up a container that an engine before it left. */
async function found(name: string, part: Partial<ContainerRecord> = {}, state: VmState = 'off') {
  const vm = new FakeMachine(state)
  const record: ContainerRecord = {
    version: 1,
    id: idOf(name),
    name,
    createdAt: '2026-01-02T03:04:05.000Z',
    image: { id: 'sha256:1', reference: 'busybox' },
    config: { Cmd: ['true'] },
    hostConfig: {},
    phase: 'exited',
    run: 1,
    startedAt: '2026-01-02T03:04:06.000Z',
    finishedAt: '2026-01-02T03:04:07.000Z',
    exitCode: 0,
    error: '',
    oomKilled: false,
    stoppedByUser: false,
    restartCount: 0,
    ports: [],
    templateId: '',
    ...part,
  }
  await service.recover([
    { vm: vm as Partial<VirtualMachine> as VirtualMachine, record: encode(record), state },
  ])
  return vm
}

const failure = (code: string, message: RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) })

test('of a start that was cut short between two disks the one that it began with goes', async () => {
  const disks = join(folder, 'disks', idOf('cut'))
  await mkdir(disks, { recursive: true })
  for (const name of ['disk.qcow2', 'first.qcow2']) await writeFile(join(disks, name), '')
  const vm = await found('cut', { phase: 'starting' }, 'running')
  expect(vm.told).toEqual(['destroy'])
  expect(await readdir(disks)).toEqual(['disk.qcow2'])
})

describe('rename', () => {
  test('the record is saved, the old name is free, and the event has both', async () => {
    const vm = await found('old')
    await service.rename('old', '/new')
    expect(decode(vm.saved)).toMatchObject({ id: idOf('old'), name: 'new' })
    expect(service.find('new').id).toBe(idOf('old'))
    expect(() => service.find('old')).toThrow('no such container: old')
    expect(happened).toMatchObject([
      { Action: 'rename', Actor: { ID: idOf('old'), Attributes: { name: 'new', oldName: '/old' } } },
    ])
  })

  test('a name that is taken, is none, or is its own is refused', async () => {
    await found('aa')
    await found('bb')
    await expect(service.rename('aa', 'bb')).rejects.toEqual(failure('NAME_TAKEN', /'bb' is in use/))
    await expect(service.rename('aa', '-bb')).rejects.toEqual(
      failure('INVALID_ARGUMENT', /not a container name/),
    )
    await expect(service.rename('aa', 'aa')).rejects.toEqual(failure('INVALID_ARGUMENT', /that name already/))
    await expect(service.rename('cc', 'dd')).rejects.toEqual(failure('CONTAINER_NOT_FOUND', /cc$/))
    expect(happened).toEqual([])
  })

  test('of two that want the same name one gets it', async () => {
    await found('aa')
    await found('bb')
    const results = await Promise.allSettled([service.rename('aa', 'cc'), service.rename('bb', 'cc')])
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
  })

  test('what could not be saved has not happened, and the name stays free', async () => {
    const vm = await found('aa')
    vm.failing = true
    await expect(service.rename('aa', 'bb')).rejects.toThrow('the disk is full')
    expect(service.find('aa').record.name).toBe('aa')
    vm.failing = false
    await service.rename('aa', 'bb')
    expect(service.find('bb').id).toBe(idOf('aa'))
  })
})

describe('one that an engine before this one paused', () => {
  const running = { phase: 'running', paused: true } as const

  test('is taken up without a word to its guest, and told as paused', async () => {
    const vm = await found('still', running, 'paused')
    expect(vm.told).toEqual([])
    const { State } = await service.inspect('still', { size: false })
    expect(State).toMatchObject({ Status: 'paused', Running: true, Paused: true, Pid: 7 })
    const rows = await service.list({ all: false, size: false, filters: { status: ['paused'] } })
    expect(rows).toMatchObject([{ State: 'paused', Status: expect.stringMatching(/^Up .* \(Paused\)$/) }])
    expect(await service.list({ all: false, size: false, filters: { status: ['running'] } })).toEqual([])
  })

  test('is known by its VM where the record was not written any more', async () => {
    const vm = await found('still', { phase: 'running' }, 'paused')
    expect(vm.told).toEqual([])
    expect(service.find('still').paused).toBe(true)
  })

  test('takes neither a process, nor a client, nor a start, nor another pause', async () => {
    await found('still', running, 'paused')
    const paused = failure('CONFLICT', /^container still is paused/)
    await expect(new ExecService(service).create('still', { Cmd: ['true'] })).rejects.toEqual(paused)
    const { signal } = new AbortController()
    const all = { logs: false, stream: true, stdin: true, stdout: true, stderr: true, signal }
    await expect(new StreamService(service).attach('still', all)).rejects.toEqual(paused)
    await expect(service.start('still')).rejects.toEqual(paused)
    await expect(service.pause('still')).rejects.toEqual(paused)
    await expect(service.remove('still', { force: false })).rejects.toEqual(failure('CONFLICT', /is running/))
  })

  test('goes where its VM cannot go on any more', async () => {
    const vm = await found('still', { ...running, config: { Cmd: ['true'], StopTimeout: 0 } }, 'paused')
    vm.resume = () => Promise.reject(new Error('no room'))
    await expect(service.unpause('still')).rejects.toThrow('no room')
    expect((await service.inspect('still', { size: false })).State.Status).toBe('paused')
    await service.remove('still', { force: true })
    expect(vm.told).toEqual(['destroy', 'destroy', 'undefine'])
    expect(() => service.find('still')).toThrow('no such container')
  })

  test('has ended where its VM is gone', async () => {
    const vm = await found('still', running, 'off')
    expect(decode(vm.saved)).toMatchObject({ phase: 'exited', paused: false, exitCode: 137 })
  })
})

test('what does not run cannot be paused, what is not paused not unpaused', async () => {
  await found('ended')
  await expect(service.pause('ended')).rejects.toEqual(failure('NOT_RUNNING', /ended is not running/))
  await expect(service.unpause('ended')).rejects.toEqual(failure('CONFLICT', /ended is not paused/))
})

describe('prune', () => {
  const remaining = async (): Promise<string[]> => {
    const rows = await service.list({ all: true, size: false, filters: {} })
    return rows.map(({ Names }) => Names[0]!.slice(1)).sort()
  }

  test('takes what does not run with its disk, and tells what that took', async () => {
    const ended = await found('ended')
    await found('made', { phase: 'created' })
    await found('still', { phase: 'running', paused: true }, 'paused')
    const { disk, paths } = service.find('ended')
    const { diskFolder } = paths
    await mkdir(diskFolder, { recursive: true })
    await writeFile(disk, Buffer.alloc(1_000_000, 1))
    const bytes = (await stat(disk)).blocks * 512
    expect(bytes).toBeGreaterThan(0)
    expect(await service.prune({ filters: {} })).toEqual({
      ContainersDeleted: [idOf('ended'), idOf('made')],
      SpaceReclaimed: bytes,
    })
    expect(ended.told).toContain('undefine')
    await expect(stat(diskFolder)).rejects.toThrow('ENOENT')
    expect(await remaining()).toEqual(['still'])
    expect(happened.map(({ Action }) => Action)).toEqual(['destroy', 'destroy', 'prune'])
    expect(happened.at(-1)!.Actor).toEqual({ ID: '', Attributes: { reclaimed: String(bytes) } })
  })

  test('by label, by no such label, and by time', async () => {
    const labelled = (Labels: Record<string, string>) => ({ config: { Cmd: ['true'], Labels } })
    await found('front', labelled({ tier: 'front' }))
    await found('back', labelled({ tier: 'back', keep: '' }))
    await found('new', { createdAt: '2026-02-01T00:00:00.000Z' })
    const until = BigInt(Date.parse('2026-01-31T00:00:00Z')) * 1_000_000n
    await service.prune({ filters: { label: ['tier', 'tier=front'] } })
    expect(await remaining()).toEqual(['back', 'new'])
    await service.prune({ filters: { 'label!': ['keep'] }, until })
    expect(await remaining()).toEqual(['back', 'new'])
    await service.prune({ filters: {}, until })
    expect(await remaining()).toEqual(['new'])
  })

  test('an unknown filter removes nothing', async () => {
    await found('ended')
    await expect(service.prune({ filters: { name: ['x'] } })).rejects.toEqual(
      failure('INVALID_ARGUMENT', /invalid filter 'name'/),
    )
    expect(await remaining()).toEqual(['ended'])
  })
})

describe('update', () => {
  test('of the restart policy is saved and told', async () => {
    const vm = await found('still', { phase: 'running', paused: true }, 'paused')
    const RestartPolicy = { Name: 'always', MaximumRetryCount: 0 } as const
    expect(await service.update('still', { Memory: 0, RestartPolicy })).toEqual({ Warnings: [] })
    expect(decode(vm.saved)?.hostConfig).toEqual({ RestartPolicy })
    expect((await service.inspect('still', { size: false })).HostConfig).toEqual({ RestartPolicy })
    expect(happened.at(-1)).toMatchObject({ Action: 'update', Actor: { ID: idOf('still') } })
  })

  test('a refused one leaves the rest of it undone', async () => {
    const vm = await found('still', { phase: 'running', paused: true }, 'paused')
    const request = { RestartPolicy: { Name: 'always' }, KernelMemory: 2 } as const
    await expect(service.update('still', request)).rejects.toEqual(failure('NOT_SUPPORTED', /^KernelMemory/))
    expect(vm.saved).toBe('')
    expect(service.find('still').record.hostConfig).toEqual({})
  })

  test('no restart comes any more once the policy is gone', async () => {
    await found('again', { phase: 'running', hostConfig: { RestartPolicy: { Name: 'on-failure' } } })
    expect(service.find('again').restarting).toBe(true)
    await service.update('again', { RestartPolicy: { Name: 'no' } })
    const { State } = await service.inspect('again', { size: false })
    expect(State).toMatchObject({ Status: 'exited', Running: false, Restarting: false })
  })
})

test('a list is narrowed by every filter of Docker', async () => {
  const config = { Cmd: ['true'], ExposedPorts: { '80/tcp': {} } }
  await found('first', { createdAt: '2026-01-01T00:00:00.000Z', hostConfig: { Isolation: 'cold' } })
  await found('second', { createdAt: '2026-01-02T00:00:00.000Z', config })
  await found('third', { createdAt: '2026-01-03T00:00:00.000Z' })
  const names = async (filters: Record<string, string[]>): Promise<string[]> =>
    (await service.list({ all: true, size: false, filters })).map(({ Names }) => Names[0]!)
  expect(await names({ before: ['third'], since: ['first'] })).toEqual(['/second'])
  expect(await names({ expose: ['80'] })).toEqual(['/second'])
  expect(await names({ expose: ['80/udp'] })).toEqual([])
  expect(await names({ isolation: ['cold'] })).toEqual(['/first'])
  expect(await names({ 'is-task': ['true'] })).toEqual([])
  await expect(names({ since: ['nobody'] })).rejects.toThrow('no such container')
})
