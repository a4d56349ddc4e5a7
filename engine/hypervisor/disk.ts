import { execFile } from 'node:child_process'
import { constants, copyFile, mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { EngineError } from '../../contract/errors.ts'

/** Containers' disks stand on these files for good: another format of them gets another name. */
const GOLDEN_NAME = 'golden-1'
const GOLDEN_BYTES = 64 * 1024 ** 3

/** The empty ext4 file systems under all writable disks, one of each size that was asked for. */
export class GoldenDisks {
  readonly #folder: string
  readonly #making = new Map<string, Promise<string>>()
  /** That of containers that ask for no size. */
  readonly path: string

  private constructor(folder: string) {
    this.#folder = folder
    this.path = join(folder, `${GOLDEN_NAME}.raw`)
  }

  static async open(folder: string): Promise<GoldenDisks> {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const disks = new GoldenDisks(folder)
    await disks.#make(disks.path, GOLDEN_BYTES)
    return disks
  }

  /**
   * One of `bytes`, a multiple of 1 MiB. A clone's guest has seen a disk of the default size when its template was
   * made, so none can be larger; that it ends earlier the guest learns from its file system.
   */
  async ofSize(bytes: number): Promise<string> {
    if (bytes > GOLDEN_BYTES) {
      throw new EngineError(
        'INVALID_ARGUMENT',
        `a writable disk has at most ${GOLDEN_BYTES / 1024 ** 3} GiB; give a smaller size, or put the data on a volume`,
      )
    }
    const path = join(this.#folder, `${GOLDEN_NAME}-${bytes / 1024 ** 2}m.raw`)
    return bytes === GOLDEN_BYTES ? this.path : this.#make(path, bytes)
  }

  #make(path: string, bytes: number): Promise<string> {
    const making =
      this.#making.get(path) ?? makeGoldenDisk(path, bytes).finally(() => this.#making.delete(path))
    this.#making.set(path, making)
    return making
  }
}

/** Sparse, some tens of MB on disk. */
async function makeGoldenDisk(path: string, bytes: number): Promise<string> {
  if (await stat(path).catch(() => undefined)) return path
  await formatDisk(path, bytes)
  return path
}

/**
 * Makes an empty ext4 in a sparse file, by one rename. Its inode tables are zeroed here, so that no guest does it in
 * the background, in pages of its own. Rejects with TOOL_MISSING or DISK_FULL.
 */
export async function formatDisk(path: string, bytes: number): Promise<void> {
  const unfinished = `${path}.${process.pid}`
  try {
    const file = await open(unfinished, 'w', 0o600)
    await file.truncate(bytes)
    await file.close()
    const options = 'lazy_itable_init=0,lazy_journal_init=0'
    const env = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin` }
    // A node for every 64 KiB and a small journal: the file stays small, and so does what a mount reads.
    const shape = ['-t', 'ext4', '-m', '0', '-i', '65536', '-J', 'size=16', '-E', options]
    await promisify(execFile)('mke2fs', ['-q', '-F', ...shape, unfinished], { env })
    await rename(unfinished, path)
  } catch (error) {
    await rm(unfinished, { force: true })
    const stderr = String((error as { stderr?: string }).stderr ?? error).trim()
    throw new EngineError(
      /No space left/i.test(stderr) ? 'DISK_FULL' : 'TOOL_MISSING',
      `cannot make an empty disk with mke2fs (Debian: e2fsprogs): ${stderr}`,
      { cause: error },
    )
  }
}

/** A writable disk: an empty qcow2 over the golden one, or over a layer; instant, whatever their size. */
export async function createOverlay(path: string, goldenDisk: string, layer?: string): Promise<void> {
  const { size } = await stat(goldenDisk)
  const base = layer === undefined ? ['-F', 'raw', '-b', goldenDisk] : ['-F', 'qcow2', '-b', layer, '-u']
  const args = ['create', '-q', '-f', 'qcow2', ...base, path, String(size)]
  try {
    await promisify(execFile)('qemu-img', args)
  } catch (error) {
    const stderr = String((error as { stderr?: string }).stderr ?? error).trim()
    const full = /No space left/i.test(stderr)
    throw new EngineError(
      full ? 'DISK_FULL' : 'TOOL_MISSING',
      full
        ? `no room for a writable disk at ${path}; free some space`
        : `cannot create a writable disk: ${stderr}`,
      { cause: error },
    )
  }
}

/** Has `path` be a disk like `from`, by one rename: what was there before is whole until then. */
export async function copyDisk(from: string, path: string): Promise<void> {
  const unfinished = `${path}.${process.pid}`
  try {
    await copyFile(from, unfinished, constants.COPYFILE_FICLONE)
    await rename(unfinished, path)
  } catch (error) {
    await rm(unfinished, { force: true })
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC')
      throw new EngineError('DISK_FULL', `no room for a writable disk at ${path}; free some space`, {
        cause: error,
      })
    throw error
  }
}
