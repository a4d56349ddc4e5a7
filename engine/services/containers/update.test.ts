import { expect, test } from 'vitest'
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

test('what is empty, or as it was, changes nothing', () => {
  const before = { Memory: 1024, RestartPolicy: { Name: 'always' as const } }
  expect(updated(before, UNCHANGED, true)).toEqual(before)
  expect(updated(before, { ...UNCHANGED, Memory: 1024 }, true)).toEqual(before)
})

test('the restart policy is taken, of one that runs too', () => {
  const policy = { Name: 'on-failure' as const, MaximumRetryCount: 3 }
  expect(updated({ Memory: 1 }, { ...UNCHANGED, RestartPolicy: policy }, true)).toEqual({
    Memory: 1,
    RestartPolicy: policy,
  })
  expect(updated({ AutoRemove: true }, { RestartPolicy: { Name: 'no' } }, true).RestartPolicy?.Name).toBe(
    'no',
  )
})

test('another size is for one that does not run', () => {
  expect(updated({ Memory: 1 }, { Memory: 2, NanoCpus: 3 }, false)).toEqual({ Memory: 2, NanoCpus: 3 })
})

test.each([
  [{ Memory: 2 }, 'NOT_SUPPORTED', /^Memory of a running container/],
  [{ CpuShares: 5 }, 'NOT_SUPPORTED', /^CpuShares cannot be changed/],
  [{ MemorySwap: -1 }, 'NOT_SUPPORTED', /^MemorySwap cannot be changed/],
  [{ RestartPolicy: { Name: 'always' } }, 'INVALID_ARGUMENT', /--rm/],
  [{ RestartPolicy: { Name: 'no', MaximumRetryCount: 2 } }, 'INVALID_ARGUMENT', /maximum of 2/],
  [{ RestartPolicy: { Name: 'on-failure', MaximumRetryCount: -1 } }, 'INVALID_ARGUMENT', /maximum of -1/],
] as const)('%o is refused, and the settings stay', (request, code, message) => {
  const before = { AutoRemove: true }
  let refused: unknown
  try {
    updated(before, request, true)
  } catch (error) {
    refused = error
  }
  expect(refused).toEqual(refusal(code, message))
  expect(before).toEqual({ AutoRemove: true })
})
