import { failpoint } from '../failpoint.ts'
import type { ContainerCore } from './container-core.ts'
import { createDisk } from './disk.ts'
import { makeFiles, markFinished, markUnfinished, removeFiles } from './files.ts'

/** Writes a new container's disk and record. Leaves nothing behind on failure. */
export async function makeContainer({ context, paths, record, machine }: ContainerCore): Promise<void> {
  try {
    await makeFiles(paths)
    const hardware = await context.templates.hardwareFor(record)
    await createDisk(context, paths, record)
    failpoint('create.files')
    await machine.define(record, { hardware })
    failpoint('create.defined')
    await markFinished(paths)
  } catch (error) {
    await removeFiles(paths)
    throw error
  }
}

/** Takes away all of one that does not run. `gone` is told when nothing is left but volumes. */
export async function unmakeContainer(
  core: ContainerCore,
  options: { volumes?: boolean; gone(): void },
): Promise<void> {
  const { context, paths, record, machine } = core
  core.restart.cancel()
  machine.closeLink()
  await machine.end()
  await markUnfinished(paths)
  failpoint('remove.ended')
  await machine.undefine()
  failpoint('remove.undefined')
  await removeFiles(paths)
  failpoint('remove.cleared')
  core.removed = true
  options.gone()
  if (options.volumes) await context.mounts.removeAnonymous(record.mounts ?? [])
  core.starts.release(false)
  core.exits.removed()
  core.emit('destroy')
}
