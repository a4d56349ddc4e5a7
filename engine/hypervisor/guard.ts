import { readFile, rm, writeFile } from 'node:fs/promises'
import { EngineError } from '../../contract/errors.ts'
import { GUARD } from '../../native/guard/index.ts'
import { isQemuOf } from './process-id.ts'

/** Where the guard says in which process it is. */
const pidFile = (guardFile: string): string => `${guardFile}.pid`

/** The environment in which QEMU loads the guard, which then reads `guardFile`. */
export function guardEnvironment(guardFile: string): Record<string, string> {
  return { LD_PRELOAD: GUARD, RAMET_GUARD: guardFile }
}

/**
 * Answers the process of a VM that has just started, once it is sure that the guard is in it: where the program loader
 * cannot load it, it goes on without. Rejects with KIT_MISSING.
 */
export async function guardedProcess(guardFile: string, uuid: string): Promise<number> {
  const pid = Number(await readFile(pidFile(guardFile), 'utf8').catch(() => NaN))
  if (pid > 0 && (await isQemuOf(pid, uuid))) return pid
  throw new EngineError(
    'KIT_MISSING',
    `QEMU has not loaded what keeps its guest from this machine's loopback (${GUARD}), so that it may not run; run build/bootstrap.sh, or install Ramet where no path has a space or a colon`,
  )
}

/** Names the ports of the workstation's loopback that the guest may reach, in place of those before. */
export async function nameHostPorts(guardFile: string, ports: number[]): Promise<void> {
  await writeFile(guardFile, ports.map((port) => `${port}\n`).join(''), { mode: 0o600 })
}

/** Of a VM that has ended. */
export async function removeGuardFiles(guardFile: string): Promise<void> {
  await rm(guardFile, { force: true })
  await rm(pidFile(guardFile), { force: true })
}
