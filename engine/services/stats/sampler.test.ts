import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Sampler, type Reading } from './sampler.ts'

interface Sample {
  run: number
  number: number
}

let taken = 0
let run = 1
const sampler = () => new Sampler<Sample>(async () => ({ run, number: ++taken }))

beforeEach(() => {
  vi.useFakeTimers()
  taken = 0
  run = 1
})
afterEach(() => void vi.useRealTimers())

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)
const notes = () => {
  const seen: [now?: number, before?: number][] = []
  const watcher = (reading: Reading<Sample> | undefined): void =>
    void seen.push([reading?.now.number, reading?.before?.number])
  return { seen, watcher }
}

test('several watchers share one measurement a second, which stops with the last of them', async () => {
  const shared = sampler()
  const [one, other] = [notes(), notes()]
  const stopOne = shared.watch(one.watcher)
  const stopOther = shared.watch(other.watcher)
  await pass(2500)
  expect(one.seen).toEqual([
    [1, undefined],
    [2, 1],
    [3, 2],
  ])
  expect(other.seen).toEqual(one.seen)
  stopOne()
  await pass(1000)
  expect([one.seen.length, other.seen.length]).toEqual([3, 4])
  stopOther()
  await pass(5000)
  expect(taken).toBe(4)
  shared.watch(one.watcher)
  await pass(100)
  // After a rest it begins anew: nothing is compared with what was long ago.
  expect(one.seen.at(-1)).toEqual([5, undefined])
})

test('another run of the container is not compared with the one before', async () => {
  const { seen, watcher } = notes()
  sampler().watch(watcher)
  await pass(500)
  run = 2
  await pass(1000)
  expect(seen).toEqual([
    [1, undefined],
    [2, undefined],
  ])
})

test('nothing to measure is told too, and a failure counts as that', async () => {
  const { seen, watcher } = notes()
  let fails = true
  const broken = new Sampler<Sample>(async () => {
    if (fails) throw new Error('it went away')
    return { run, number: ++taken }
  })
  broken.watch(watcher)
  await pass(500)
  fails = false
  await pass(1000)
  expect(seen).toEqual([
    [undefined, undefined],
    [1, undefined],
  ])
})
