import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createOverlay } from '../../hypervisor/disk.ts'
import type { ContainerContext, ContainerPaths } from './context.ts'
import { diskFile, newDiskName, type ContainerRecord } from './record.ts'

/** A container's writable disk. */
export function diskPath({ diskFolder }: ContainerPaths, record: ContainerRecord): string {
  return join(diskFolder, diskFile(record))
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
