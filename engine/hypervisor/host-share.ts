import { execFile } from 'node:child_process'
import { readdir, writeFile } from 'node:fs/promises'
import { setPriority } from 'node:os'
import { promisify } from 'node:util'
import { EngineError } from '../../contract/errors.ts'
import { SystemdScopes } from './systemd-scope.ts'

/** What a VM's process may take of the host's CPUs and disks; undefined leaves it as it is by default. */
export interface HostShare {
  /** CPU time, in CPUs. */
  cpus?: number
  /** CPUs that it may run on, as Linux lists them: `0-2,4`. */
  cpuset?: string
  /** 1 to 10000 against 100 of others, where they compete. */
  cpuWeight?: number
  ioWeight?: number
}

/** Whether there is anything of a share to hold a process to. */
export function isShared({ cpus, cpuset, cpuWeight, ioWeight }: HostShare): boolean {
  return [cpus, cpuset, cpuWeight, ioWeight].some((each) => each !== undefined)
}

/** Each step of niceness is a quarter more or less CPU time (sched(7)). */
const NICE_STEP = 1.25
const DEFAULT_WEIGHT = 100

/**
 * Holds QEMU processes to their share from outside. Where systemd runs (the user's own, for root the system's) each
 * gets a scope, whose control group the kernel enforces; elsewhere weights become niceness, and a limit of CPU time is
 * left to the guest.
 */
export class HostShares {
  readonly #scopes = new SystemdScopes()

  /** What of a share the host cannot enforce here, in words. */
  async lacking({ ioWeight }: HostShare): Promise<string[]> {
    if (ioWeight === undefined || (await this.#scopes.controllers()).has('io')) return []
    return [
      'BlkioWeight has no effect: only systemd can weigh the I/O of VMs, and it does not run here, or has not been told to for you (Delegate=io of user@.service)',
    ]
  }

  /** Rejects with INVALID_ARGUMENT where the host has no such CPUs. */
  async apply(pid: number, name: string, share: HostShare): Promise<void> {
    if (share.cpuset !== undefined) await pin(pid, share.cpuset)
    const { cpus, cpuWeight, ioWeight } = share
    if (cpus === undefined && cpuWeight === undefined && ioWeight === undefined) return
    const controllers = await this.#scopes.controllers()
    const cpu = controllers.has('cpu') ? { cpus, cpuWeight } : {}
    const io = controllers.has('io') ? { ioWeight } : {}
    const held = { ...cpu, ...io }
    if (isShared(held)) await this.#scopes.set(pid, name, held)
    if (cpuWeight !== undefined && !controllers.has('cpu')) await weigh(pid, cpuWeight)
  }
}

async function pin(pid: number, cpuset: string): Promise<void> {
  try {
    await promisify(execFile)('taskset', ['--all-tasks', '--cpu-list', '--pid', cpuset, String(pid)])
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    throw new EngineError(
      missing ? 'TOOL_MISSING' : 'INVALID_ARGUMENT',
      missing
        ? 'cannot choose the CPUs of the VM: taskset is missing (Debian: util-linux)'
        : `the VM cannot run on the CPUs ${cpuset}: this machine has no such CPUs, or forbids them; choose others`,
      { cause: error },
    )
  }
}

/** Niceness is a thread's; with the kernel's autogroups only that of the whole group counts against other sessions. */
async function weigh(pid: number, weight: number): Promise<void> {
  const wanted = Math.round(-Math.log(weight / DEFAULT_WEIGHT) / Math.log(NICE_STEP))
  // Only root may take from others.
  const nice = Math.min(19, Math.max(process.getuid?.() === 0 ? -20 : 0, wanted))
  for (const thread of await readdir(`/proc/${pid}/task`)) setPriority(Number(thread), nice)
  await writeFile(`/proc/${pid}/autogroup`, String(nice)).catch(() => {})
}
