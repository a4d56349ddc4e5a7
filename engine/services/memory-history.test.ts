import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { MemoryReport, RametEvent } from '../../contract/ramet.ts'
import { EventBus } from './events.ts'
import { MemoryHistoryService } from './memory-history.ts'

let running: { id: string; vm: { pid(): Promise<number> } }[]
let told: RametEvent[]
let events: EventBus
let history: MemoryHistoryService
let fails = false
const logged: string[] = []

const report = async (): Promise<MemoryReport> => {
  if (fails) throw new Error('no fincore')
  return {
    containers: running.map(({ id }) => ({ id }) as MemoryReport['containers'][0]),
    templates: [],
    images: [],
    standby: { clones: 0, ownBytes: 0 },
    host: { totalBytes: 4, availableBytes: 3, roomBytes: 2 },
    totals: { actualBytes: running.length, withoutSharingBytes: 9, savedBytes: 9 - running.length },
  }
}

beforeEach(() => {
  vi.useFakeTimers()
  running = []
  told = []
  events = new EventBus()
  events.subscribeToAll((event) => told.push(event))
  const log = (message: string): void => void logged.push(message)
  history = new MemoryHistoryService({ memory: { report }, events, running: () => running, log })
  history.start()
})

afterEach(() => {
  history.close()
  vi.useRealTimers()
})

/** A measurement reads the kernel's files, which takes what it takes. */
const measured = (times: number) =>
  vi.waitFor(() => expect(history.history().samples).toHaveLength(times), 10_000)

const self = (id: string) => ({ id, vm: { pid: async () => process.pid } })

test('nothing is measured while nothing runs', async () => {
  await vi.advanceTimersByTimeAsync(60_000)
  expect([history.history().samples, told]).toEqual([[], []])
})

test('what runs is measured, soon after it began and until after its end', async () => {
  running = [self('a')]
  events.emit('container', 'start', 'a', {})
  await vi.advanceTimersByTimeAsync(500)
  await measured(1)
  await vi.advanceTimersByTimeAsync(5_000)
  await measured(2)
  running = []
  events.emit('container', 'die', 'a', {})
  await vi.advanceTimersByTimeAsync(500)
  await measured(3)
  await vi.advanceTimersByTimeAsync(60_000)
  expect(history.history().samples.map(({ containers }) => containers)).toEqual([1, 1, 0])
  expect(told.filter(({ Type }) => Type === 'memory')).toHaveLength(3)
})

test('a measurement that fails is said, and the next one is made', async () => {
  fails = true
  running = [self('a')]
  events.emit('container', 'start', 'a', {})
  await vi.advanceTimersByTimeAsync(500)
  await vi.waitFor(() => expect(logged).toEqual(['the memory was not measured: no fincore']), 10_000)
  fails = false
  await vi.advanceTimersByTimeAsync(5_000)
  await measured(1)
})
