import { expect, test } from 'vitest'
import type { HostConfig } from '../../contract/docker.ts'
import { Admission } from './admission.ts'
import type { HostMemory } from './standby/host-memory.ts'
import type { Origin } from './templates.ts'

const MIB = 1024 ** 2
const clone = { template: {} } as Origin
const x = { name: 'x', hostConfig: {} }
const reserving = (mib: number) => ({ name: 'x', hostConfig: { MemoryReservation: mib * MIB } })

interface Situation {
  /** The last one stays. */
  availableMiB: number[]
  makeRoom?: () => Promise<void>
  running?: { hostConfig?: HostConfig; secondsAgo: number; ownMiB: number }[]
}

function admission({ availableMiB, makeRoom = async () => {}, running = [] }: Situation) {
  const memory = async (): Promise<HostMemory> => ({
    totalBytes: 16 * 1024 * MIB,
    availableBytes: (availableMiB.length > 1 ? availableMiB.shift()! : availableMiB[0]!) * MIB,
    pressure: 0,
  })
  return new Admission({
    memory,
    makeRoom,
    running: () =>
      running.map(({ hostConfig = {}, secondsAgo }, at) => ({
        record: {
          hostConfig,
          templateId: 'template',
          startedAt: new Date(Date.now() - secondsAgo * 1000).toISOString(),
        },
        vm: { pid: async () => at },
      })),
    anonymous: async (pid) => {
      const { ownMiB } = running[pid]!
      if (ownMiB < 0) throw new Error('no such process')
      return ownMiB * MIB
    },
  })
}

const started = async () => 'started'

test('what there is memory for starts', async () => {
  expect(await admission({ availableMiB: [4096] }).during(x, clone, started)).toBe('started')
})

test('what there is none for is refused with the numbers', async () => {
  await expect(admission({ availableMiB: [500] }).during(x, clone, started)).rejects.toMatchObject({
    code: 'NO_MEMORY',
    message:
      'no memory to start container x: it takes about 96 MiB, 500 MiB of 16384 MiB are available, and 512 MiB stay free; stop some containers, or close other programs',
  })
})

test('what waits for nobody goes first', async () => {
  let asked = 0
  const memory = admission({ availableMiB: [500, 2000], makeRoom: async () => void asked++ })
  expect(await memory.during(x, clone, started)).toBe('started')
  expect(asked).toBe(1)
})

test('starts at the same time are counted together', async () => {
  const memory = admission({ availableMiB: [750] })
  const { promise, resolve } = Promise.withResolvers<undefined>()
  const starts = [1, 2, 3].map(() => memory.during(x, clone, () => promise).then(() => 'started', () => 'refused')) // prettier-ignore
  setTimeout(() => resolve(undefined), 50)
  expect((await Promise.all(starts)).sort()).toEqual(['refused', 'started', 'started'].sort())
})

test('a start that is done, or has failed, is promised nothing any more', async () => {
  const memory = admission({ availableMiB: [650] })
  await expect(memory.during(x, clone, () => Promise.reject(new Error('no')))).rejects.toThrow('no')
  expect(await memory.during(x, clone, started)).toBe('started')
  expect(await memory.during(x, clone, started)).toBe('started')
})

test('what has just started is still to take what it was admitted for', async () => {
  const young = { secondsAgo: 2, ownMiB: 40 }
  const start = (running: Situation['running']) =>
    admission({ availableMiB: [650], running }).during(x, clone, started)
  await expect(start([young])).rejects.toThrow(
    '650 MiB of 16384 MiB are available, 56 MiB of these promised to other containers, and 512 MiB stay free',
  )
  expect(await start([{ ...young, secondsAgo: 20 }])).toBe('started')
  expect(await start([{ ...young, ownMiB: 300 }])).toBe('started')
  // It has ended meanwhile.
  expect(await start([{ ...young, ownMiB: -1 }])).toBe('started')
})

test('what is reserved counts for those that start, and as long as they run', async () => {
  const start = (ownMiB: number, mib: number) => {
    const old = { hostConfig: reserving(1000).hostConfig, secondsAgo: 3600, ownMiB }
    return admission({ availableMiB: [2000], running: [old] }).during(reserving(mib), clone, started)
  }
  // 2000 less 512 that stay free, 96 of a clone, and the 500 that the other has not taken.
  expect(await start(596, 892)).toBe('started')
  await expect(start(596, 893)).rejects.toThrow('it takes about 989 MiB')
  await expect(start(40, 892)).rejects.toThrow('1056 MiB of these promised to other containers')
  expect(await start(5000, 1392)).toBe('started')
})
