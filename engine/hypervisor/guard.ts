import { open, readFile, rm, writeFile } from 'node:fs/promises'
import { EngineError } from '../../contract/errors.ts'
import { GUARD } from '../../native/guard/index.ts'
import { isQemuOf } from './process-id.ts'
import type { NatCounters } from './virtual-machine.ts'

/** What the guard and the engine tell each other: numbers of 64 bits at these bytes (native/guard/src/state.h). */
const stateFile = (guardFile: string): string => `${guardFile}.state`
const STATE = { pid: 0, bits: 8, sent: 16, received: 24, dropped: 32, bytes: 40 }

const read = (state: Buffer, at: number): number => Number(state.readBigUInt64LE(at))

/** Rejects where it is not whole: no guard wrote it. */
async function readState(guardFile: string): Promise<Buffer> {
  const state = await readFile(stateFile(guardFile))
  if (state.length !== STATE.bytes) throw new Error(`${stateFile(guardFile)} is not whole`)
  return state
}

/** The environment in which QEMU loads the guard, which then reads `guardFile`. */
export function guardEnvironment(guardFile: string): Record<string, string> {
  return { LD_PRELOAD: GUARD, RAMET_GUARD: guardFile }
}

/**
 * Answers the process of a VM that has just started, once it is sure that the guard is in it: where the program loader
 * cannot load it, it goes on without. Rejects with KIT_MISSING.
 */
export async function guardedProcess(guardFile: string, uuid: string): Promise<number> {
  const pid = await readState(guardFile).then((state) => read(state, STATE.pid), () => NaN) // prettier-ignore
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

/** The guard's file of a QEMU that runs, whoever started it. */
export async function guardFileOf(pid: number): Promise<string> {
  const environment = (await readFile(`/proc/${pid}/environ`, 'utf8')).split('\0')
  const found = environment.find((each) => each.startsWith('RAMET_GUARD='))
  if (!found) throw new EngineError('INTERNAL', 'QEMU runs without its guard; start its container anew')
  return found.slice('RAMET_GUARD='.length)
}

/** Holds what goes through the NAT to so many bits a second each way, from now on; undefined: to none. */
export async function setNatRate(guardFile: string, bitsPerSecond = 0): Promise<void> {
  const bits = Buffer.alloc(8)
  bits.writeBigUInt64LE(BigInt(Math.round(bitsPerSecond)))
  await using file = await open(stateFile(guardFile), 'r+')
  await file.write(bits, 0, bits.length, STATE.bits)
}

/** What went through the NAT since QEMU came up. */
export async function natCounters(guardFile: string): Promise<NatCounters> {
  const state = await readState(guardFile)
  return {
    sentBytes: read(state, STATE.sent),
    receivedBytes: read(state, STATE.received),
    dropped: read(state, STATE.dropped),
  }
}

/** Of a VM that has ended. */
export async function removeGuardFiles(guardFile: string): Promise<void> {
  await rm(guardFile, { force: true })
  await rm(stateFile(guardFile), { force: true })
}
