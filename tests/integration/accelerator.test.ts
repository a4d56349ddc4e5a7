import { join } from 'node:path'
import { expect, test } from 'vitest'
import { bootFailure } from '../../engine/hypervisor/accelerator.ts'
import { openKit } from '../../engine/services/kit.ts'

const qemuBinary = 'qemu-system-x86_64'
const { kernel } = await openKit(join(import.meta.dirname, '../../native/guest/out/kit'))

test('a probe VM that boots as far as the agent says so', async () => {
  expect(await bootFailure('tcg', { qemuBinary, kernel, timeoutMs: 60_000 })).toBeUndefined()
})

test('one that does not is given up, and why is told', async () => {
  const late = await bootFailure('tcg', { qemuBinary, kernel, timeoutMs: 500 })
  expect(late).toBe('a probe VM on tcg did not boot within 0.5 s')
  const noKernel = { ...kernel, vmlinuz: '/nowhere' }
  expect(await bootFailure('tcg', { qemuBinary, kernel: noKernel })).toMatch(/failed: .*\/nowhere/)
})
