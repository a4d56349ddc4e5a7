import { execFile } from 'node:child_process'
import { mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { EngineError } from '../../contract/errors.ts'

/** Containers' disks stand on this file for good: another format of it gets another name. */
const GOLDEN_NAME = 'golden-1.raw'
const GOLDEN_BYTES = 64 * 1024 ** 3

/**
 * The empty ext4 under every writable disk, made once; sparse, some tens of MB on disk. Its inode tables are zeroed
 * here, so that no guest does it in the background, in pages of its own.
 */
export async function openGoldenDisk(folder: string): Promise<string> {
  const path = join(folder, GOLDEN_NAME)
  if (await stat(path).catch(() => undefined)) return path
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const unfinished = `${path}.${process.pid}`
  try {
    const file = await open(unfinished, 'w', 0o600)
    await file.truncate(GOLDEN_BYTES)
    await file.close()
    const options = 'lazy_itable_init=0,lazy_journal_init=0'
    const env = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin` }
    // A node for every 64 KiB and a small journal: the file stays small, and so does what a mount reads.
    const args = [
      '-q',
      '-F',
      '-t',
      'ext4',
      '-m',
      '0',
      '-i',
      '65536',
      '-J',
      'size=16',
      '-E',
      options,
      unfinished,
    ]
    await promisify(execFile)('mke2fs', args, { env })
    await rename(unfinished, path)
  } catch (error) {
    await rm(unfinished, { force: true })
    const stderr = String((error as { stderr?: string }).stderr ?? error).trim()
    throw new EngineError(
      'TOOL_MISSING',
      `cannot make the empty disk with mke2fs (Debian: e2fsprogs): ${stderr}`,
      {
        cause: error,
      },
    )
  }
  return path
}

/** A writable disk: an empty qcow2 over the golden one; instant, whatever their size. */
export async function createOverlay(path: string, goldenDisk: string): Promise<void> {
  const { size } = await stat(goldenDisk)
  const args = ['create', '-q', '-f', 'qcow2', '-F', 'raw', '-b', goldenDisk, path, String(size)]
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
