import { EngineError } from '../../contract/errors.ts'
import { qmp, type Monitor } from './qmp.ts'

interface BlockInfo {
  inserted?: { 'node-name'?: string; ro: boolean }
}

interface BlockNode {
  'node-name'?: string
  file: string
}

/** What a running VM's disk stands on now: QEMU's name for it, and the file. */
export interface ActiveDisk {
  node: string
  file: string
}

export async function activeDisk(monitor: Monitor): Promise<ActiveDisk> {
  const devices = await qmp<BlockInfo[]>(monitor, 'query-block')
  const found = devices.map(({ inserted }) => inserted).filter((inserted) => inserted && !inserted.ro)
  const node = found.length === 1 ? found[0]?.['node-name'] : undefined
  if (node === undefined)
    throw new EngineError('QEMU_ERROR', `the VM has ${found.length} writable disks, not one`)
  // Of an overlay that was given its backing file later QEMU has no file name, only a description.
  const nodes = await qmp<BlockNode[]>(monitor, 'query-named-block-nodes', { flat: true })
  const file = nodes.find((each) => each['node-name'] === fileNode(node))?.file
  if (file !== undefined) return { node, file }
  throw new EngineError('QEMU_ERROR', `QEMU does not tell in which file the disk ${node} lies`)
}

/** The name of the file under a disk: libvirt's own for those that it opened, ours for the others. */
function fileNode(node: string): string {
  return node.endsWith('-format') ? node.replace(/-format$/, '-storage') : `${node}-file`
}

/** Opens an empty overlay in QEMU, under a name of its own, that nothing uses yet. */
export async function openOverlay(monitor: Monitor, file: string, node: string): Promise<void> {
  await qmp(monitor, 'blockdev-add', {
    driver: 'qcow2',
    'node-name': node,
    discard: 'unmap',
    // Its backing file is what the VM has open already.
    backing: null,
    file: { driver: 'file', 'node-name': fileNode(node), filename: file, discard: 'unmap' },
  })
}

export async function closeOverlay(monitor: Monitor, node: string): Promise<void> {
  await qmp(monitor, 'blockdev-del', { 'node-name': node })
}

/** From now on the VM writes to the overlay; what it wrote before changes no more. */
export async function useOverlay(monitor: Monitor, active: string, overlay: string): Promise<void> {
  await qmp(monitor, 'blockdev-snapshot', { node: active, overlay })
}
