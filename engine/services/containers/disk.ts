import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { copyDisk, createOverlay } from '../../hypervisor/disk.ts'
import type { DiskChain } from '../../hypervisor/virtual-machine.ts'
import type { Template } from '../../templates/manifest.ts'
import type { ContainerContext, ContainerPaths } from './context.ts'
import { diskFile, newDiskName, type ContainerRecord } from './record.ts'

/** A container's writable disk. */
export function diskPath({ diskFolder }: ContainerPaths, record: ContainerRecord): string {
  return join(diskFolder, diskFile(record))
}

/** What a clone begins with whose container's disk is another than the one that its guest has mounted; it goes within the start. */
export function firstDisk({ diskFolder }: ContainerPaths): string {
  return join(diskFolder, 'first.qcow2')
}

/** With all that it lies on. `goldenDisk` is that of its size. */
export function diskChain(
  { layers }: ContainerContext,
  paths: ContainerPaths,
  record: ContainerRecord,
  goldenDisk: string,
): DiskChain {
  return { file: diskPath(paths, record), layers: layers.paths(record.disk?.layers ?? []), goldenDisk }
}

/**
 * Whether clones of the template may have this container's disk as the one that their guest has mounted. Where no
 * guest has had it yet it is made just like that; whatever the answer, from now on one has.
 */
export async function mountedAhead(
  context: ContainerContext,
  disk: DiskChain,
  record: ContainerRecord,
  template: Template | undefined,
): Promise<boolean> {
  const { fresh } = record
  record.fresh = false
  if (!template?.diskFile || !fresh || disk.goldenDisk !== context.templates.goldenDisk) return false
  await copyDisk(template.diskFile, disk.file)
  return true
}

/** Empty, over what the record says that it lies on. */
export async function createDisk(
  context: ContainerContext,
  paths: ContainerPaths,
  record: ContainerRecord,
): Promise<void> {
  const [below] = record.disk?.layers ?? []
  const { goldenDisk } = await context.templates.hardwareFor(record)
  await createOverlay(diskPath(paths, record), goldenDisk, below && context.layers.path(below))
  record.fresh = below === undefined
}

/** Has the record name another disk, over `layers`; `save` commits that, and then the one before goes. */
export async function replaceDisk(
  context: ContainerContext,
  paths: ContainerPaths,
  record: ContainerRecord,
  layers: string[],
  save: () => Promise<void>,
): Promise<void> {
  const before = diskPath(paths, record)
  record.disk = { file: newDiskName(), layers }
  await createDisk(context, paths, record)
  await save()
  await rm(before, { force: true })
}
