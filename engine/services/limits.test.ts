import { describe, expect, test } from 'vitest'
import {
  cpusOf,
  guestLimits,
  isLimited,
  memoryFitting,
  reservedOf,
  servedMemory,
  storageBytes,
  vcpusOf,
  vmLimits,
  vmMemory,
  withDefaults,
} from './limits.ts'

const MIB = 1024 ** 2
const NONE = { readBytesPerSecond: 0, writeBytesPerSecond: 0, readsPerSecond: 0, writesPerSecond: 0 }

describe('CPU time', () => {
  test('is said in billionths, or as a quota of a period', () => {
    expect(cpusOf({ NanoCpus: 1_500_000_000 })).toBe(1.5)
    expect(cpusOf({ CpuQuota: 50_000 })).toBe(0.5)
    expect(cpusOf({ CpuQuota: 50_000, CpuPeriod: 25_000 })).toBe(2)
    expect(cpusOf({ CpuQuota: -1 })).toBeUndefined()
    expect(cpusOf({})).toBeUndefined()
    expect(() => cpusOf({ NanoCpus: 1, CpuQuota: 1 })).toThrow(/the same thing/)
  })

  test('takes whole CPUs of a VM, and the rest in its guest', () => {
    expect(vcpusOf({})).toBe(1)
    expect(vcpusOf({ NanoCpus: 1_500_000_000 })).toBe(2)
    expect(guestLimits({ NanoCpus: 1_500_000_000 }).cpuQuotaUs).toBe(150_000)
    expect(guestLimits({}).cpuQuotaUs).toBe(0)
  })
})

describe('memory', () => {
  test('a VM is larger than its limit by what its own system takes', () => {
    for (const limit of [64, 128, 511, 4096].map((each) => each * MIB)) {
      expect(memoryFitting(vmMemory(limit))).toBeGreaterThanOrEqual(limit)
      expect(vmMemory(limit) % (2 * MIB)).toBe(0)
    }
    expect(guestLimits({ Memory: 64 * MIB }).memoryBytes).toBe(64 * MIB)
  })

  test('a VM has what is reserved in it, and a reservation is within its limit', () => {
    expect(servedMemory({ Memory: 64 * MIB, MemoryReservation: 32 * MIB })).toBe(64 * MIB)
    expect(servedMemory({ MemoryReservation: 128 * MIB })).toBe(0)
    expect(servedMemory({ MemoryReservation: 1024 * MIB })).toBe(1024 * MIB)
    expect(reservedOf({})).toBe(0)
    expect(() => reservedOf({ Memory: 64 * MIB, MemoryReservation: 65 * MIB })).toThrow(
      /more than the memory limit/,
    )
    expect(() => reservedOf({ MemoryReservation: -1 })).toThrow(/negative/)
  })

  test('less than a process needs is refused', () => {
    expect(() => guestLimits({ Memory: 1 })).toThrow(/6 MiB or more/)
    expect(() => guestLimits({ Memory: 1.5 })).toThrow(/whole number/)
  })
})

test('processes: none and -1 are no limit', () => {
  expect([null, undefined, -1, 0, 5].map((PidsLimit) => guestLimits({ PidsLimit }).pids)).toEqual([
    0, 0, 0, 0, 5,
  ])
})

describe('what the host holds a VM to', () => {
  test('nothing, where nothing is asked', () => {
    expect(vmLimits({})).toEqual({ disk: NONE })
    expect(isLimited(vmLimits({ CpuShares: 0, BlkioDeviceReadBps: [], CpusetCpus: '' }))).toBe(false)
  })

  test('weights on the scale of systemd', () => {
    expect(vmLimits({ CpuShares: 1024 }).cpuWeight).toBe(100)
    expect(vmLimits({ CpuShares: 2 }).cpuWeight).toBe(1)
    expect(vmLimits({ CpuShares: 262_144 }).cpuWeight).toBe(10_000)
    expect(vmLimits({ BlkioWeight: 10 }).ioWeight).toBe(1)
    expect(vmLimits({ BlkioWeight: 1000 }).ioWeight).toBe(10_000)
    expect(() => vmLimits({ BlkioWeight: 5 })).toThrow(/from 10 to 1000/)
  })

  test('rates of any device are those of the one disk, the strictest of them', () => {
    const rates = [
      { Path: '/dev/sda', Rate: 2_000_000 },
      { Path: '/dev/vda', Rate: 1_000_000 },
    ]
    const limits = vmLimits({ BlkioDeviceWriteBps: rates })
    expect(limits.disk).toEqual({ ...NONE, writeBytesPerSecond: 1_000_000 })
    expect(isLimited(limits)).toBe(true)
    expect(() => vmLimits({ BlkioDeviceReadIOps: [{ Path: '/dev/sda', Rate: -1 }] })).toThrow(/negative/)
  })

  test('a list of CPUs', () => {
    expect(vmLimits({ CpusetCpus: '0-2,4' }).cpuset).toBe('0-2,4')
    expect(() => vmLimits({ CpusetCpus: '0; reboot' })).toThrow(/no list of CPUs/)
  })
})

describe('defaults', () => {
  const defaults = { memoryBytes: 64 * MIB, cpus: 0.5 }

  test('are for those that ask for none', () => {
    expect(withDefaults({ Memory: 0, Privileged: true }, defaults)).toEqual({
      Memory: 64 * MIB,
      NanoCpus: 5e8,
      Privileged: true,
    })
    const asked = { Memory: 7 * MIB, CpuQuota: 50_000 }
    expect(withDefaults(asked, defaults)).toEqual(asked)
    const reserving = { MemoryReservation: 2 * defaults.memoryBytes }
    expect(withDefaults(reserving, defaults)).toMatchObject({ Memory: 2 * defaults.memoryBytes })
  })

  test('may be none', () => {
    expect(withDefaults({ Memory: 0 }, { memoryBytes: 0, cpus: 0 })).toEqual({ Memory: 0 })
  })
})

test('the size of the disk', () => {
  expect(storageBytes({})).toBeUndefined()
  expect(storageBytes({ StorageOpt: { size: '1.5G' } })).toBe(1536 * MIB)
  expect(storageBytes({ StorageOpt: { size: '100m' } })).toBe(100 * MIB)
  for (const size of ['', 'big', '1m', '-5G']) {
    expect(() => storageBytes({ StorageOpt: { size } })).toThrow(/64m or more/)
  }
  expect(() => storageBytes({ StorageOpt: { colour: 'red' } })).toThrow(/colour is not known/)
})
