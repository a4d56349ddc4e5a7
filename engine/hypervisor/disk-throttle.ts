import { qmp, type Monitor } from './qmp.ts'

/** QEMU's path to what libvirt calls the first disk. */
export const DISK_DEVICE = '/machine/peripheral/virtio-disk0'

/** Rates of the writable disk, per second; 0 is unlimited. */
export interface DiskRates {
  readBytesPerSecond: number
  writeBytesPerSecond: number
  readsPerSecond: number
  writesPerSecond: number
}

export const UNLIMITED: DiskRates = {
  readBytesPerSecond: 0,
  writeBytesPerSecond: 0,
  readsPerSecond: 0,
  writesPerSecond: 0,
}

/**
 * Holds a VM's disk to these rates, in QEMU, so that no guest gets around it; live. The command that libvirt's own
 * I/O tuning uses.
 */
export async function throttleDisk(monitor: Monitor, rates: DiskRates): Promise<void> {
  await qmp(monitor, 'block_set_io_throttle', {
    id: `${DISK_DEVICE}/virtio-backend`,
    bps: 0,
    bps_rd: rates.readBytesPerSecond,
    bps_wr: rates.writeBytesPerSecond,
    iops: 0,
    iops_rd: rates.readsPerSecond,
    iops_wr: rates.writesPerSecond,
  })
}
