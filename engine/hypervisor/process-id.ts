import { readdir, readFile } from 'node:fs/promises'
import { EngineError } from '../../contract/errors.ts'

/**
 * The QEMU process of the domain with this uuid. libvirt has no call for it and keeps its pid files in places that
 * differ by driver; the command line names the domain everywhere.
 */
export async function findQemuProcess(uuid: string): Promise<number> {
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue
    const pid = Number(entry)
    if (await isQemuOf(pid, uuid)) return pid
  }
  throw new EngineError('NOT_RUNNING', `the VM ${uuid} has no process; it is not running`)
}

export async function isQemuOf(pid: number, uuid: string): Promise<boolean> {
  try {
    const args = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0')
    const at = args.indexOf('-uuid')
    return at > 0 && args[at + 1] === uuid
  } catch {
    // It ended between the listing and the reading.
    return false
  }
}
