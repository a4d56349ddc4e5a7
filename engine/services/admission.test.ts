import { expect, test } from 'vitest'
import { Admission } from './admission.ts'
import type { HostMemory } from './standby/host-memory.ts'
import type { Origin } from './templates.ts'

const MIB = 1024 ** 2
const clone = { template: {} } as Origin

function admission(availableMiB: number[], makeRoom = async () => {}) {
  const memory = async (): Promise<HostMemory> => ({
    totalBytes: 16 * 1024 * MIB,
    availableBytes: (availableMiB.length > 1 ? availableMiB.shift()! : availableMiB[0]!) * MIB,
    pressure: 0,
  })
  return new Admission({ memory, makeRoom })
}

test('what there is memory for starts', async () => {
  expect(await admission([4096]).during('x', clone, async () => 'started')).toBe('started')
})

test('what there is none for is refused with the numbers', async () => {
  await expect(admission([500]).during('x', clone, async () => 'started')).rejects.toMatchObject({
    code: 'NO_MEMORY',
    message:
      'no memory to start container x: it takes about 96 MiB, 500 MiB of 16384 MiB are available, and 512 MiB stay free; stop some containers, or close other programs',
  })
})

test('what waits for nobody goes first', async () => {
  let asked = 0
  const memory = admission([500, 2000], async () => void asked++)
  expect(await memory.during('x', clone, async () => 'started')).toBe('started')
  expect(asked).toBe(1)
})

test('starts at the same time are counted together', async () => {
  const memory = admission([750])
  const { promise, resolve } = Promise.withResolvers<undefined>()
  const starts = [1, 2, 3].map(() => memory.during('x', clone, () => promise).then(() => 'started', () => 'refused')) // prettier-ignore
  setTimeout(() => resolve(undefined), 50)
  expect((await Promise.all(starts)).sort()).toEqual(['refused', 'started', 'started'].sort())
})
