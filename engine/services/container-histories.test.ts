import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { NetworkRate } from '../../contract/ramet-networks.ts'
import type { MemoryReport } from '../../contract/ramet.ts'
import { ContainerHistories } from './container-histories.ts'
import { EventBus } from './events.ts'

const SILENT = { receivedBytesPerSecond: 0, sentBytesPerSecond: 0 }
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
    { at: 1e12, cpu: 0.1, ownBytes: 7, ...SILENT },
    { at: 1e12 + 10_000, cpu: 0.3, ownBytes: 7, ...SILENT },
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

test('what went through all its networks, in bytes a second of all the time between two samples', () => {
  const told = (...each: [container: string, received: number, sent: number][]): void => {
    const rates = each.map(
      ([container, receivedBytes, sentBytes]) => ({ container, receivedBytes, sentBytes }) as NetworkRate,
    )
    events.tell({ Type: 'rates', Action: 'sample', rates })
    measured({ a: 0 })
    vi.advanceTimersByTime(5_000)
  }
  told(['a', 1000, 50], ['a', 0, 50], ['b', 9, 9])
  // Between two samples that are kept.
  told(['a', 2000, 50], ['a', 500, 50])
  told(['a', 4000, 60], ['a', 1000, 60])
  told(['a', 4000, 60])
  // It has come into a network anew, and then has none.
  told(['a', 100, 10])
  told()
  told()
  const rates = histories
    .of('a')
    .samples.map((each) => [each.receivedBytesPerSecond, each.sentBytesPerSecond])
  expect(rates).toEqual([
    [0, 0],
    [400, 2],
    [0, 0],
    [0, 0],
  ])
})
