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
    keepFreeBytes: 512 * MIB,
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
  expect(await admission({ availableMiB: [4096] }).start(x, clone, started)).toBe('started')
})

test('what there is none for is refused with the numbers', async () => {
  await expect(admission({ availableMiB: [500] }).start(x, clone, started)).rejects.toMatchObject({
    code: 'NO_MEMORY',
    message:
      'no memory to start container x: it takes about 96 MiB, 500 MiB of 16384 MiB are available, and 512 MiB stay free (setting keepFreeBytes); stop some containers, or close other programs',
  })
})

test('what waits for nobody goes first', async () => {
  let asked = 0
  const memory = admission({ availableMiB: [500, 2000], makeRoom: async () => void asked++ })
  expect(await memory.start(x, clone, started)).toBe('started')
  expect(asked).toBe(1)
})

test('starts at the same time are counted together', async () => {
  const memory = admission({ availableMiB: [750] })
  const { promise, resolve } = Promise.withResolvers<undefined>()
  const starts = [1, 2, 3].map(() => memory.start(x, clone, () => promise).then(() => 'started', () => 'refused')) // prettier-ignore
  setTimeout(() => resolve(undefined), 50)
  expect((await Promise.all(starts)).sort()).toEqual(['refused', 'started', 'started'].sort())
})

test('a start that is done, or has failed, is promised nothing any more', async () => {
  const memory = admission({ availableMiB: [650] })
  await expect(memory.start(x, clone, () => Promise.reject(new Error('no')))).rejects.toThrow('no')
  expect(await memory.start(x, clone, started)).toBe('started')
  expect(await memory.start(x, clone, started)).toBe('started')
})

test('what has just started is still to take what it was admitted for', async () => {
  const young = { secondsAgo: 2, ownMiB: 40 }
  const start = (running: Situation['running']) =>
    admission({ availableMiB: [650], running }).start(x, clone, started)
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
    return admission({ availableMiB: [2000], running: [old] }).start(reserving(mib), clone, started)
  }
  // 2000 less 512 that stay free, 96 of a clone, and the 500 that the other has not taken.
  expect(await start(596, 892)).toBe('started')
  await expect(start(596, 893)).rejects.toThrow('it takes about 989 MiB')
  await expect(start(40, 892)).rejects.toThrow('1056 MiB of these promised to other containers')
  expect(await start(5000, 1392)).toBe('started')
})

test('what stays free is a setting that counts at once', async () => {
  const memory = admission({ availableMiB: [650] })
  memory.keepFree(600 * MIB)
  await expect(memory.start(x, clone, started)).rejects.toThrow(
    'and 600 MiB stay free (setting keepFreeBytes)',
  )
  memory.keepFree(0)
  expect(await memory.start(reserving(500), clone, started)).toBe('started')
})

test('a template boots a VM that shares nothing, and one for files takes no reservation', async () => {
  const memory = admission({ availableMiB: [800] })
  await expect(memory.makeTemplate('redis:7', started)).rejects.toThrow(
    'no memory to boot a template of redis:7: it takes about 320 MiB',
  )
  expect(await memory.readFiles(reserving(700), clone, started)).toBe('started')
  await expect(memory.readFiles(x, {} as Origin, started)).rejects.toThrow(
    'no memory to read the files of container x: it takes about 320 MiB',
  )
  const { promise, resolve } = Promise.withResolvers<undefined>()
  const roomier = admission({ availableMiB: [850] })
  const boot = roomier.makeTemplate('redis:7', () => promise)
  await expect(roomier.start(x, clone, started)).rejects.toThrow('320 MiB of these promised')
  resolve(undefined)
  await boot
  expect(await roomier.start(x, clone, started)).toBe('started')
})

test('room is what may still be asked for', async () => {
  expect(await admission({ availableMiB: [4096] }).room()).toBe((4096 - 512) * MIB)
  const young = { hostConfig: {}, secondsAgo: 1, ownMiB: 40 }
  expect(await admission({ availableMiB: [4096], running: [young] }).room()).toBe((4096 - 512 - 56) * MIB)
  expect(await admission({ availableMiB: [100] }).room()).toBe(0)
})
