import { readFile } from 'node:fs/promises'
import { cpus } from 'node:os'

/** Kernel's USER_HZ, the unit of times in /proc: 100 on every architecture that Ramet runs on. */
const TICK_NS = 10_000_000

export interface CpuTime {
  /** Nanoseconds since its start; guests run in user mode. */
  userNs: number
  kernelNs: number
}

/** Processor time that a process has taken, threads that have ended included (proc(5)). */
export async function readCpuTime(pid: number): Promise<CpuTime> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
  // The name before it may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return { userNs: Number(fields[11]) * TICK_NS, kernelNs: Number(fields[12]) * TICK_NS }
}

/** Time of all CPUs of the host together, idle or not, in nanoseconds. */
export async function readHostCpuTime(): Promise<{ totalNs: number; cpus: number }> {
  const [first = ''] = (await readFile('/proc/stat', 'utf8')).split('\n', 1)
  // user, nice, system, idle, iowait, irq, softirq, steal; guest time is in user already.
  const ticks = first.trim().split(/\s+/).slice(1, 9).map(Number)
  return { totalNs: ticks.reduce((sum, each) => sum + each, 0) * TICK_NS, cpus: cpus().length }
}
