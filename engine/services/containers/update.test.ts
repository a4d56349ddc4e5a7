import { expect, test } from 'vitest'
import { vmMemory } from '../limits.ts'
import { updated } from './update.ts'

/** As Docker's command line sends it: all there is, empty where nothing is to change. */
const UNCHANGED = {
  CpuShares: 0,
  Memory: 0,
  NanoCpus: 0,
  CgroupParent: '',
  BlkioWeightDevice: null,
  Devices: [],
  MemorySwappiness: null,
  OomKillDisable: false,
  RestartPolicy: { Name: '' as const, MaximumRetryCount: 0 },
}

const refusal = (code: string, message: RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) })

const MIB = 1024 ** 2
const VM = { memoryBytes: vmMemory(512 * MIB), vcpus: 2 }

test('what is empty, or as it was, changes nothing', () => {
  const before = { Memory: 64 * MIB, RestartPolicy: { Name: 'always' as const } }
  expect(updated(before, UNCHANGED, VM)).toEqual(before)
  expect(updated(before, { ...UNCHANGED, Memory: 64 * MIB }, VM)).toEqual(before)
})

test('the restart policy is taken, of one that runs too', () => {
  const policy = { Name: 'on-failure' as const, MaximumRetryCount: 3 }
  expect(updated({ CpuShares: 2 }, { ...UNCHANGED, RestartPolicy: policy }, VM)).toEqual({
    CpuShares: 2,
    RestartPolicy: policy,
  })
  expect(updated({ AutoRemove: true }, { RestartPolicy: { Name: 'no' } }, VM).RestartPolicy?.Name).toBe('no')
})

test('limits are taken, of one that runs as far as its VM goes', () => {
  const limits = { Memory: 512 * MIB, NanoCpus: 2e9, CpuShares: 512, PidsLimit: 7, CpusetCpus: '0' }
  expect(updated({}, limits, VM)).toEqual(limits)
  expect(updated({}, { Memory: 1024 * MIB, NanoCpus: 4e9 }, undefined)).toMatchObject({ NanoCpus: 4e9 })
})

test('of CPU time said in two ways the later holds', () => {
  expect(updated({ NanoCpus: 1e9 }, { CpuQuota: 50_000 }, VM)).toEqual({ CpuQuota: 50_000 })
  expect(updated({ CpuQuota: 50_000 }, { NanoCpus: 1e9 }, VM)).toEqual({ NanoCpus: 1e9 })
})

test.each([
  [{ Memory: 520 * MIB }, 'NOT_SUPPORTED', /at most 51[23] MiB/],
  [{ MemoryReservation: 520 * MIB }, 'NOT_SUPPORTED', /at most 51[23] MiB/],
  [{ Memory: 64 * MIB, MemoryReservation: 65 * MIB }, 'INVALID_ARGUMENT', /more than the memory limit/],
  [{ NanoCpus: 3e9 }, 'NOT_SUPPORTED', /at most 2 CPUs/],
  [{ Memory: 2 }, 'INVALID_ARGUMENT', /6 MiB or more/],
  [{ CpusetCpus: 'first' }, 'INVALID_ARGUMENT', /no list of CPUs/],
  [{ KernelMemory: 5 }, 'NOT_SUPPORTED', /^KernelMemory cannot be changed/],
  [{ RestartPolicy: { Name: 'always' } }, 'INVALID_ARGUMENT', /--rm/],
  [{ RestartPolicy: { Name: 'no', MaximumRetryCount: 2 } }, 'INVALID_ARGUMENT', /maximum of 2/],
  [{ RestartPolicy: { Name: 'on-failure', MaximumRetryCount: -1 } }, 'INVALID_ARGUMENT', /maximum of -1/],
] as const)('%o is refused, and the settings stay', (request, code, message) => {
  const before = { AutoRemove: true }
  let refused: unknown
  try {
    updated(before, request, VM)
  } catch (error) {
    refused = error
  }
  expect(refused).toEqual(refusal(code, message))
  expect(before).toEqual({ AutoRemove: true })
})
