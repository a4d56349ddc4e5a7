import { access, mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { removeGuardFiles } from '../../hypervisor/guard.ts'
import { pathsOf, type ContainerContext, type ContainerPaths } from './context.ts'
import { vmName } from './record.ts'

/**
 * Lies in a container's folder while its domain is not written down yet, or about to go. A disk without a domain is
 * thrown away only where it does: libvirt may be another one today, and know nothing of disks that are dear to somebody.
 */
const UNFINISHED = 'unfinished'

export async function makeFiles({ diskFolder, logFolder, log }: ContainerPaths): Promise<void> {
  await markUnfinished({ diskFolder })
  await mkdir(logFolder, { recursive: true, mode: 0o700 })
  // QEMU appends to it from the first start on; whoever attaches before that waits for it to grow.
  await writeFile(log, '', { mode: 0o600 })
}

/** Comes before the domain goes. */
export async function markUnfinished({ diskFolder }: Pick<ContainerPaths, 'diskFolder'>): Promise<void> {
  // Whoever removes a container may have removed its folder before.
  await mkdir(diskFolder, { recursive: true, mode: 0o700 })
  await writeFile(join(diskFolder, UNFINISHED), '', { mode: 0o600 })
}

/** Comes after the domain is there. */
export async function markFinished({ diskFolder }: Pick<ContainerPaths, 'diskFolder'>): Promise<void> {
  await rm(join(diskFolder, UNFINISHED), { force: true })
}

/** The mark goes last. */
export async function removeFiles({
  logFolder,
  agentSocket,
  guardFile,
  diskFolder,
}: ContainerPaths): Promise<void> {
  await rm(logFolder, { recursive: true, force: true })
  await rm(agentSocket, { force: true })
  await removeGuardFiles(guardFile)
  for (const name of await disksIn(diskFolder)) await rm(join(diskFolder, name), { force: true })
  await rm(diskFolder, { recursive: true, force: true })
}

/** Removes what an engine that was killed left of containers half made or half removed. `vmNames`: the domains there are. */
export async function sweepFiles(context: ContainerContext, vmNames: Set<string>): Promise<void> {
  for (const id of await entries(context.diskDir)) {
    const paths = pathsOf(context, id)
    const unfinished = await exists(join(paths.diskFolder, UNFINISHED))
    if (vmNames.has(vmName(id))) {
      if (unfinished) await markFinished(paths)
    } else if (unfinished || (await disksIn(paths.diskFolder)).length === 0) {
      await removeFiles(paths)
    }
  }
  for (const name of await entries(context.socketDir)) {
    const [, short, kind] = /^([0-9a-f]{12})\.(agent|restore|monitor|guard|guard\.state)$/.exec(name) ?? []
    if (!short) continue
    // Somebody listens at these only while a VM starts, and that engine is gone.
    const ofStart = kind === 'restore' || kind === 'monitor'
    if (ofStart || !vmNames.has(vmName(short))) await rm(join(context.socketDir, name), { force: true })
  }
}

/** One, but for a moment in a freeze. */
async function disksIn(folder: string): Promise<string[]> {
  return (await entries(folder)).filter((name) => name.endsWith('.qcow2'))
}

const entries = (folder: string): Promise<string[]> => readdir(folder).catch(() => [])

const exists = (path: string): Promise<boolean> => access(path).then(() => true, () => false) // prettier-ignore
