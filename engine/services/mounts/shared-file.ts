import { copyFile, link, lstat, mkdir, readlink, rm, access } from 'node:fs/promises'
import { constants } from 'node:fs'
import { join } from 'node:path'
import { EngineError } from '../../../contract/errors.ts'
import { descriptorPath, identity } from './refused.ts'
import type { BindSource } from './bind-source.ts'

/** The one file in a folder of its own. */
export const FILE_NAME = 'file'

/**
 * Makes a folder that holds nothing but the file: QEMU shares folders, and what lies beside the file is not the
 * container's. The file is linked in, so that both sides see each other's writes, as with Docker. One that cannot be
 * linked (it lies on another file system, or is another user's) is copied where nobody could write to it anyway.
 * Rejects with NOT_SUPPORTED otherwise.
 */
export async function shareFile(
  source: BindSource,
  folder: string,
  { given, readOnly }: { given: string; readOnly: boolean },
): Promise<void> {
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true, mode: 0o755 })
  const file = join(folder, FILE_NAME)
  try {
    await link(await readlink(descriptorPath(source.handle)), file)
    const linked = await lstat(file)
    if (identity(linked) === identity(await source.handle.stat())) return
    await rm(file)
    throw new EngineError('CONFLICT', `${given} cannot be bound: it was moved meanwhile; try again`)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'EXDEV' && code !== 'EPERM' && code !== 'EMLINK') throw error
    const writable = await access(descriptorPath(source.handle), constants.W_OK).then(() => true, () => false) // prettier-ignore
    if (!readOnly && writable) {
      throw new EngineError(
        'NOT_SUPPORTED',
        `${given} cannot be bound writable: it lies on another file system than Ramet's files, or belongs to another user; bind its folder, or add :ro`,
        { cause: error },
      )
    }
    await copyFile(descriptorPath(source.handle), file)
  }
}
