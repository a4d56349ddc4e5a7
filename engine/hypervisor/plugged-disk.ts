import { EngineError } from '../../contract/errors.ts'
import { qmp, type Monitor } from './qmp.ts'
import type { PluggedDisk } from './virtual-machine.ts'

/** Plugs a disk into a VM. Rejects with CONFLICT while another has it: QEMU locks the file, whatever engines know. */
export async function plugDisk(monitor: Monitor, { id, path, readOnly }: PluggedDisk): Promise<void> {
  const file = { driver: 'file', filename: path, discard: 'unmap' }
  try {
    const node = { driver: 'raw', 'node-name': id, 'read-only': readOnly, discard: 'unmap', file }
    await qmp(monitor, 'blockdev-add', node)
    // The lock is taken once a device uses the node.
    await qmp(monitor, 'device_add', { driver: 'virtio-blk-pci', id, drive: id, serial: id })
  } catch (error) {
    const locked = error instanceof EngineError && /Failed to get .* lock/.test(error.message)
    if (!locked) throw error
    throw new EngineError(
      'CONFLICT',
      'a volume of the type disk is in use by another container that runs; stop that one first, or use a volume that can be shared',
      { cause: error },
    )
  }
}
