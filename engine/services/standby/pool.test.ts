import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { StandbySettings } from '../../../contract/ramet.ts'
import type { Hypervisor, VmStopped } from '../../hypervisor/virtual-machine.ts'
import { newRecord, type ContainerRecord } from '../containers/record.ts'
import { EventBus } from '../events.ts'
import type { Origin } from '../templates.ts'
import type { HostMemory } from './host-memory.ts'
import { StandbyPool } from './pool.ts'
import type { Standby } from './standby.ts'

const MIB = 1024 ** 2
const ENOUGH: HostMemory = { totalBytes: 16 * 1024 * MIB, availableBytes: 8 * 1024 * MIB, pressure: 0 }

let folder: string
let pool: StandbyPool
let events: EventBus
let host: HostMemory
let busy: boolean
/** Those that were made and have not ended. */
let alive: string[]
let stopped: (event: VmStopped) => void

async function open(settings: Partial<StandbySettings> = {}): Promise<void> {
  let made = 0
  const make = async (_hypervisor: unknown, _places: unknown, origin: Origin) => {
    const uuid = `uuid-${made++}`
    alive.push(uuid)
    return {
      origin,
      since: '',
      vm: { uuid },
      memory: async () => ({ privateBytes: 8 * MIB, overheadBytes: 24 * MIB }),
      end: async () => void (alive = alive.filter((each) => each !== uuid)),
    } as unknown as Standby
  }
  pool = new StandbyPool({
    hypervisor: {
      onStopped: (listener: typeof stopped) => void (stopped = listener),
    } as unknown as Hypervisor,
    settings: { count: 2, memoryBytes: 1024 * MIB, reserveBytes: 1024 * MIB, ...settings },
    events,
    folder: join(folder, 'standby'),
    socketDir: folder,
    busy: () => busy,
    isVolumeDisk: (name) => name === 'disk',
    log: (message) => expect.fail(message),
    make,
    memory: async () => host,
  })
}

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'] })
  folder = await mkdtemp('/tmp/ramet-pool-')
  events = new EventBus()
  host = ENOUGH
  busy = false
  alive = []
})

afterEach(async () => {
  await pool.close()
  expect(alive).toEqual([])
  vi.useRealTimers()
  await rm(folder, { recursive: true })
})

const origin = (id: string): Origin => ({ hardware: {}, template: { id } }) as unknown as Origin

const record = (part: Partial<ContainerRecord> = {}): ContainerRecord => ({
  ...newRecord('a'.repeat(64), 'x', { image: { id: 'i', reference: 'img' }, config: {}, hostConfig: {} }),
  ...part,
})

const quiet = (): Promise<unknown> => vi.advanceTimersByTimeAsync(2_000)

test('the first start misses; then clones wait, and each is taken once', async () => {
  await open()
  expect(pool.take(record(), origin('t'))).toEqual({ missed: 'none was waiting' })
  expect(pool.count('t')).toBe(0)
  await quiet()
  expect(pool.count('t')).toBe(2)
  const [one, other] = [pool.take(record(), origin('t')), pool.take(record(), origin('t'))]
  expect(one.standby).toBeDefined()
  expect(other.standby).toBeDefined()
  expect(one.standby).not.toBe(other.standby)
  expect(pool.take(record(), origin('t')).missed).toBe('none was waiting')
  expect(pool.report()).toMatchObject({ hits: 2, misses: 2, missed: { 'none was waiting': 2 } })
  await quiet()
  expect(pool.count('t')).toBe(2)
  alive = alive.filter((uuid) => ![one, other].some(({ standby }) => standby!.vm.uuid === uuid))
})

test('none is made while somebody waits for a start', async () => {
  await open()
  busy = true
  pool.take(record(), origin('t'))
  await quiet()
  expect(pool.count('t')).toBe(0)
  busy = false
  await quiet()
  expect(pool.count('t')).toBe(2)
})

test('those used most get most of them', async () => {
  await open({ count: 4 })
  for (let start = 0; start < 9; start++) pool.take(record(), origin('much'))
  pool.take(record(), origin('little'))
  await quiet()
  expect([pool.count('much'), pool.count('little')]).toEqual([4, 0])
  for (let start = 0; start < 4; start++) pool.take(record(), origin('little'))
  alive = []
  await quiet()
  expect(pool.count('little')).toBeGreaterThan(0)
  expect(pool.count('much') + pool.count('little')).toBe(4)
})

test('an hour after its last start a template has none any more', async () => {
  await open()
  pool.take(record(), origin('t'))
  await quiet()
  await vi.advanceTimersByTimeAsync(61 * 60_000)
  expect(pool.count('t')).toBe(0)
})

test('the budget holds, whatever the count', async () => {
  await open({ count: 10, memoryBytes: 100 * MIB })
  pool.take(record(), origin('t'))
  await quiet()
  expect(pool.count('t')).toBe(3)
  await pool.set({ memoryBytes: 40 * MIB })
  expect(pool.count('t')).toBe(1)
  await pool.set({ count: 0 })
  expect(alive).toEqual([])
  expect(pool.take(record(), origin('t'))).toEqual({})
})

test.each([
  ['little is available', { ...ENOUGH, availableBytes: 100 * MIB }],
  ['tasks wait for memory', { ...ENOUGH, pressure: 40 }],
])('where %s they go, and come back', async (_why, short) => {
  await open()
  pool.take(record(), origin('t'))
  await quiet()
  host = short
  await vi.advanceTimersByTimeAsync(6_000)
  expect(pool.report()).toMatchObject({ waiting: [], dropped: 2, short: true })
  host = ENOUGH
  await vi.advanceTimersByTimeAsync(6_000)
  expect(pool.count('t')).toBe(2)
})

test('they go with their template, and one that was killed is replaced', async () => {
  await open()
  pool.take(record(), origin('t'))
  await quiet()
  stopped({ uuid: alive[0]!, reason: 'crashed' })
  await quiet()
  expect(pool.count('t')).toBe(2)
  events.tell({ Type: 'template', Action: 'remove', Actor: { ID: 't' } })
  await quiet()
  expect(pool.count('t')).toBe(0)
})

test('what no clone can become says why, and counts for no template', async () => {
  await open()
  const bind = { type: 'bind', source: '/src', target: '/t', readOnly: false, mode: '' } as const
  const missed = (part: Partial<ContainerRecord>) => pool.take(record(part), origin('t')).missed
  expect(missed({ mounts: [bind] })).toBe('it has folders mounted')
  expect(missed({ mounts: [{ ...bind, type: 'volume', source: 'data' }] })).toBe('it has folders mounted')
  expect(missed({ hostConfig: { StorageOpt: { size: '1g' } } })).toBe('its disk has a size of its own')
  expect(missed({ disk: { file: 'd', layers: ['l'] } })).toBe('its disk lies on one that was frozen')
  await quiet()
  expect(pool.count('t')).toBe(0)
  expect(missed({ mounts: [{ ...bind, type: 'volume', source: 'disk' }] })).toBe('none was waiting')
  // A cold boot, and a live template, could never have been served.
  expect(pool.take(record(), { hardware: {} } as Origin)).toEqual({})
})

test('what an engine before it left goes', async () => {
  await open()
  await mkdir(join(folder, 'standby', 'old-uuid'), { recursive: true })
  await writeFile(join(folder, 'standby-0123abcd.agent'), '')
  await pool.sweepFiles([])
  expect(await readdir(folder)).toEqual(['standby'])
  expect(await readdir(join(folder, 'standby'))).toEqual([])
})
