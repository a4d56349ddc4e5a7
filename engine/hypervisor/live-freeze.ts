import { open, type FileHandle } from 'node:fs/promises'
import { EngineError } from '../../contract/errors.ts'
import { capture } from '../../native/memory/index.ts'
import { closeOverlay, openOverlay, useOverlay, type ActiveDisk } from './live-disk.ts'
import { hmp, qmp, type Monitor } from './qmp.ts'

/** Above what firmware keeps for itself; all guest RAM is one mapping of QEMU's. */
const LOOKED_UP = 0x100000n
const EACCES = 13
const EPERM = 1
const ENOSPC = 28

export interface LiveFreezeOptions {
  /** A copy of what the VM's RAM was mapped from, or, booted cold, an empty file of its size. */
  ramFile: FileHandle
  ramBytes: number
  /** Where QEMU writes the state of the devices. */
  devicesFile: string
  disk: ActiveDisk
  /** Empty qcow2 over the disk's file; what the VM goes on with. */
  overlay: { file: string; node: string }
  /** Has the guest hold its container still, and let it go on. */
  hold(): Promise<void>
  release(): Promise<void>
  /** While all of it stands still. */
  stopped?(): Promise<void>
}

export interface LiveFrozen {
  /** How long the container stood still, and of that the whole VM. */
  heldMs: number
  stoppedMs: number
  /** Bytes of guest RAM that the VM alone held. */
  privateBytes: number
}

/**
 * RAM, devices and disk of a running VM at one instant. Most of the RAM is read while it runs; while it stands still
 * it is read once more, and what differs is written again. Afterwards the VM goes on, whatever went wrong.
 */
export async function liveFreeze(
  monitor: Monitor,
  pid: number,
  options: LiveFreezeOptions,
): Promise<LiveFrozen> {
  const { ramFile, ramBytes, disk, overlay } = options
  const read = { pid, address: await ramAddress(monitor), bytes: ramBytes, fd: ramFile.fd }
  await openOverlay(monitor, overlay.file, overlay.node)
  let switched = false
  try {
    // What stands in the host's cache need not be waited for later, when QEMU syncs as it stops.
    await syncData(disk.file)
    await explainedCapture(read)
    const heldAt = performance.now()
    await options.hold()
    const held = { heldMs: 0, stoppedMs: 0, privateBytes: 0 }
    try {
      const stoppedAt = performance.now()
      await qmp(monitor, 'stop')
      try {
        await options.stopped?.()
        const reading = explainedCapture(read)
        const others = saveDevices(monitor, options.devicesFile).then(async () => {
          await useOverlay(monitor, disk.node, overlay.node)
          switched = true
        })
        const [{ pages }] = await Promise.all([reading, others])
        held.privateBytes = pages * 4096
      } finally {
        await qmp(monitor, 'cont')
      }
      held.stoppedMs = performance.now() - stoppedAt
    } finally {
      await options.release()
    }
    held.heldMs = performance.now() - heldAt
    return held
  } catch (error) {
    if (!switched) await closeOverlay(monitor, overlay.node).catch(() => {})
    throw error
  }
}

/** Where QEMU has guest RAM in its own memory. */
async function ramAddress(monitor: Monitor): Promise<bigint> {
  const said = await hmp(monitor, `gpa2hva 0x${LOOKED_UP.toString(16)}`)
  const found = /is (0x[0-9a-f]+)/i.exec(said)?.[1]
  if (found) return BigInt(found) - LOOKED_UP
  throw new EngineError('QEMU_ERROR', `QEMU does not tell where its guest's memory is: ${said}`)
}

async function explainedCapture(read: Parameters<typeof capture>[0]): ReturnType<typeof capture> {
  try {
    return await capture(read)
  } catch (error) {
    const { errno, message } = error as Error & { errno: number }
    if (errno === EACCES || errno === EPERM) {
      throw new EngineError(
        'FORBIDDEN',
        "the VM's memory may not be read while it runs: the host forbids it (kernel.yama.ptrace_scope); set that to 0, or stop the container instead",
        { cause: error },
      )
    }
    if (errno === ENOSPC)
      throw new EngineError('DISK_FULL', "no room to store the VM's memory; free some disk space", {
        cause: error,
      })
    throw new EngineError('QEMU_ERROR', message, { cause: error })
  }
}

/** All but RAM. The VM stands still already, or QEMU would let it go on by itself. */
async function saveDevices(monitor: Monitor, filename: string): Promise<void> {
  // `live`: the disks stay this VM's.
  await qmp(monitor, 'xen-save-devices-state', { filename, live: false })
}

async function syncData(file: string): Promise<void> {
  await using handle = await open(file, 'r')
  await handle.datasync()
}
