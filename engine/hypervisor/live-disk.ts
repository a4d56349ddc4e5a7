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

/** A writable disk, and what it lies on. */
export interface DiskChain {
  /** qcow2. */
  file: string
  /** qcow2 files below it, the uppermost first. */
  layers: string[]
  /** Raw, below them all. */
  goldenDisk: string
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
  // Its backing file is what the VM has open already.
  await qmp(monitor, 'blockdev-add', writable(file, node, null))
}

/** The same with a disk and all that it lies on. */
export async function openDisk(monitor: Monitor, disk: DiskChain, node: string): Promise<void> {
  const golden: object = readOnly('raw', disk.goldenDisk)
  const below = disk.layers.reduceRight((backing, file) => ({ ...readOnly('qcow2', file), backing }), golden)
  await qmp(monitor, 'blockdev-add', writable(disk.file, node, below))
}

function writable(filename: string, node: string, backing: object | null): object {
  const file = { driver: 'file', 'node-name': fileNode(node), filename, discard: 'unmap' }
  return { driver: 'qcow2', 'node-name': node, discard: 'unmap', backing, file }
}

function readOnly(driver: 'qcow2' | 'raw', filename: string): object {
  return { driver, 'read-only': true, file: { driver: 'file', 'read-only': true, filename } }
}

export async function closeOverlay(monitor: Monitor, node: string): Promise<void> {
  await qmp(monitor, 'blockdev-del', { 'node-name': node })
}

/** From now on the VM writes to the overlay; what it wrote before changes no more. */
export async function useOverlay(monitor: Monitor, active: string, overlay: string): Promise<void> {
  await qmp(monitor, 'blockdev-snapshot', { node: active, overlay })
}
