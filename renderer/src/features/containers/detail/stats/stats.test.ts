import { expect, test } from 'vitest'
import { withGaps } from './stats.ts'

test('where nothing was measured nothing was taken', () => {
  const sample = (at: number) => ({
    at,
    cpu: 1,
    ownBytes: 5,
    receivedBytesPerSecond: 7,
    sentBytesPerSecond: 8,
  })
  const nothing = (at: number) => ({
    at,
    cpu: 0,
    ownBytes: 0,
    receivedBytesPerSecond: 0,
    sentBytesPerSecond: 0,
  })
  expect(withGaps([sample(0), sample(10_000), sample(100_000)])).toEqual([
    sample(0),
    sample(10_000),
    nothing(10_001),
    nothing(99_999),
    sample(100_000),
  ])
  expect(withGaps([])).toEqual([])
})
