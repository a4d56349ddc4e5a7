import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { NetworkRate } from '../../../contract/ramet-networks.ts'
import type { RametEvent } from '../../../contract/ramet.ts'
import { RateTeller } from './rate-teller.ts'

let needed = false
let fails = false
let rates: NetworkRate[] = []
const told: RametEvent[] = []
const logged: string[] = []
const rate = { container: 'a', network: 'back' } as NetworkRate
let teller: RateTeller

beforeEach(() => {
  vi.useFakeTimers()
  teller = new RateTeller({
    rates: async () => {
      if (fails) throw new Error('the switch is gone')
      return rates
    },
    isNeeded: () => needed,
    events: { tell: (event) => void told.push(event) },
    log: (message) => void logged.push(message),
  })
  teller.start()
})

afterEach(() => {
  teller.close()
  vi.useRealTimers()
})

test('rates are told while a network is in use, and a failure is logged once', async () => {
  await vi.advanceTimersByTimeAsync(20_000)
  expect(told).toEqual([])
  needed = true
  await vi.advanceTimersByTimeAsync(10_000)
  expect(told).toEqual([])
  rates = [rate]
  await vi.advanceTimersByTimeAsync(10_000)
  expect(told).toEqual(Array(2).fill({ Type: 'rates', Action: 'sample', rates: [rate] }))
  rates = []
  await vi.advanceTimersByTimeAsync(10_000)
  expect(told).toHaveLength(3)
  fails = true
  await vi.advanceTimersByTimeAsync(20_000)
  expect(logged).toEqual(['what goes through the networks was not measured: the switch is gone'])
})
