import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { MemoryReport } from '../../contract/ramet.ts'
import { ContainerHistories } from './container-histories.ts'
import { EventBus } from './events.ts'

let events: EventBus
let histories: ContainerHistories

beforeEach(() => {
  vi.useFakeTimers({ now: 1e12 })
  events = new EventBus()
  histories = new ContainerHistories({ events })
})
afterEach(() => {
  histories.close()
  vi.useRealTimers()
})

function measured(cpu: Record<string, number>): void {
  const containers = Object.keys(cpu).map((id) => ({ id, privateBytes: 3, overheadBytes: 4 }))
  const sample = { at: Date.now(), actualBytes: 0, withoutSharingBytes: 0, containers: containers.length }
  events.tell({ Type: 'memory', Action: 'sample', sample, report: { containers } as MemoryReport, cpu })
}

test('what was measured of each, every ten seconds', () => {
  for (const cpu of [0.1, 0.2, 0.3]) {
    measured({ a: cpu, b: 1 })
    vi.advanceTimersByTime(5_000)
  }
  expect(histories.of('a').samples).toEqual([
    { at: 1e12, cpu: 0.1, ownBytes: 7 },
    { at: 1e12 + 10_000, cpu: 0.3, ownBytes: 7 },
  ])
  expect(histories.of('none').samples).toEqual([])
})

test('the last hour is kept, also of one that ended, until it is removed', () => {
  for (let at = 0; at < 400; at++) {
    measured({ a: at })
    vi.advanceTimersByTime(10_000)
  }
  const { samples } = histories.of('a')
  expect(samples).toHaveLength(360)
  expect([samples[0]!.cpu, samples.at(-1)!.cpu]).toEqual([40, 399])
  vi.advanceTimersByTime(30 * 60_000)
  expect(histories.of('a').samples).toHaveLength(180)
  events.emit('container', 'destroy', 'a', {})
  expect(histories.of('a').samples).toEqual([])
})
