import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { guardFileOf, natCounters, setNatRate } from './guard.ts'

let folder: string
let guardFile: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ramet-guard-'))
  guardFile = join(folder, 'guard')
})
afterEach(() => rm(folder, { recursive: true }))

/** As native/guard writes it: process, rate, sent, received, dropped. */
const state = (...numbers: number[]): Buffer => Buffer.from(new BigUint64Array(numbers.map(BigInt)).buffer)

test('the rate is written beside what the guard counts, and taken away again', async () => {
  await writeFile(`${guardFile}.state`, state(42, 0, 5_000_000_000, 7, 3))
  await setNatRate(guardFile, 20_000_000)
  expect(await readFile(`${guardFile}.state`)).toEqual(state(42, 20_000_000, 5_000_000_000, 7, 3))
  expect(await natCounters(guardFile)).toEqual({ sentBytes: 5_000_000_000, receivedBytes: 7, dropped: 3 })
  await setNatRate(guardFile, undefined)
  expect(await readFile(`${guardFile}.state`)).toEqual(state(42, 0, 5_000_000_000, 7, 3))
})

test('no guard is told by a file that is not whole, or not there', async () => {
  await expect(setNatRate(guardFile, 1000)).rejects.toThrow('ENOENT')
  await writeFile(`${guardFile}.state`, state(42))
  await expect(natCounters(guardFile)).rejects.toThrow('not whole')
})

test('a process that runs without its guard is found out', async () => {
  await expect(guardFileOf(process.pid)).rejects.toMatchObject({ code: 'INTERNAL' })
})
