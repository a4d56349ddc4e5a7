import { readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'

/** Of the workstation: what the kernel could give without swapping. */
export async function availableBytes(): Promise<number> {
  const [, kib] = /^MemAvailable:\s+(\d+) kB/m.exec(await readFile('/proc/meminfo', 'utf8'))!
  return Number(kib) * 1024
}

/** Resolves once it changes little, or after a while. */
export async function settledMemory(): Promise<void> {
  let before = await availableBytes()
  for (let tries = 0; tries < 10; tries++) {
    await delay(1_000)
    const now = await availableBytes()
    if (Math.abs(now - before) < 4 * 1024 ** 2) return
    before = now
  }
}

/** Memory that a process holds and shares with no other and no file, as the kernel counts it (proc(5), smaps). */
export async function anonymousBytes(pid: number): Promise<number> {
  const [, kib] = /^Anonymous:\s+(\d+) kB/m.exec(await readFile(`/proc/${pid}/smaps_rollup`, 'utf8'))!
  return Number(kib) * 1024
}
