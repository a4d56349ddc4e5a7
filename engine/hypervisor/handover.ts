import { randomBytes } from 'node:crypto'
import { DISK_DEVICE } from './disk-throttle.ts'
import { openDisk, type DiskChain } from './live-disk.ts'
import { qmp, type Monitor } from './qmp.ts'

/** Gives a VM another disk in place of its own, which stays open in QEMU and unused. */
export async function takeDisk(monitor: Monitor, disk: DiskChain): Promise<void> {
  const node = `ramet-${randomBytes(6).toString('hex')}`
  await openDisk(monitor, disk, node)
  await qmp(monitor, 'qom-set', { path: DISK_DEVICE, property: 'drive', value: node })
}

/** From now on QEMU appends to `file` what the guest writes to its log port. Only while the CPUs run. */
export async function takeLog(monitor: Monitor, file: string): Promise<void> {
  await qmp(monitor, 'chardev-change', {
    id: 'log',
    backend: { type: 'file', data: { out: file, append: true } },
  })
}
