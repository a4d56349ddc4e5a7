import { randomBytes } from 'node:crypto'
import { activeDisk, openOverlay, useOverlay } from './live-disk.ts'
import { qmp, type Monitor } from './qmp.ts'

/**
 * Gives a VM that has run already the disk of whoever takes it: laid over its own, which is as empty as the golden
 * disk, so that both read alike. The guest has not mounted it yet.
 */
export async function takeDisk(monitor: Monitor, file: string): Promise<void> {
  const { node: own } = await activeDisk(monitor)
  const node = `ramet-${randomBytes(6).toString('hex')}`
  await openOverlay(monitor, file, node)
  await useOverlay(monitor, own, node)
}

/** From now on QEMU appends to `file` what the guest writes to its log port. Only while the CPUs run. */
export async function takeLog(monitor: Monitor, file: string): Promise<void> {
  await qmp(monitor, 'chardev-change', {
    id: 'log',
    backend: { type: 'file', data: { out: file, append: true } },
  })
}
