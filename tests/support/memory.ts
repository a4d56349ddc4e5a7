import { readFile, writeFile } from 'node:fs/promises'

/** Resident memory of a process, in bytes. */
export async function residentBytes(pid: number, field: 'VmRSS' | 'VmHWM' = 'VmRSS'): Promise<number> {
  const [, kib] = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(
    await readFile(`/proc/${pid}/status`, 'utf8'),
  )!
  return Number(kib) * 1024
}

/** What a process takes at most, above what it has now: the kernel keeps the peak, so nothing between is missed. */
export class PeakMemory {
  readonly #pid: number
  readonly #idle: number

  private constructor(pid: number, idle: number) {
    this.#pid = pid
    this.#idle = idle
  }

  static async watch(pid: number): Promise<PeakMemory> {
    // Forgets the peak so far.
    await writeFile(`/proc/${pid}/clear_refs`, '5')
    return new PeakMemory(pid, await residentBytes(pid))
  }

  /** Bytes at the peak, less those at the beginning. */
  async grown(): Promise<number> {
    return (await residentBytes(this.#pid, 'VmHWM')) - this.#idle
  }
}
