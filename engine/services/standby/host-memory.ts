import { readFile } from 'node:fs/promises'

export interface HostMemory {
  totalBytes: number
  /** What the kernel could give without swapping. */
  availableBytes: number
  /** Of the last ten seconds, the percentage in which some task waited for memory; 0 where the kernel does not say. */
  pressure: number
}

/** Tasks that wait for memory longer than this part of the time feel it. */
const PRESSURE_MOST = 10

export async function readHostMemory(): Promise<HostMemory> {
  const [meminfo, pressure] = await Promise.all([
    readFile('/proc/meminfo', 'utf8'),
    readFile('/proc/pressure/memory', 'utf8').catch(() => ''),
  ])
  const bytes = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(meminfo)?.[1] ?? 0) * 1024
  return {
    totalBytes: bytes('MemTotal'),
    availableBytes: bytes('MemAvailable'),
    pressure: Number(/^some avg10=([\d.]+)/m.exec(pressure)?.[1] ?? 0),
  }
}

/** Whether nothing is to wait that nobody asked for. */
export function isShort({ availableBytes, pressure }: HostMemory, reserveBytes: number): boolean {
  return availableBytes < reserveBytes || pressure > PRESSURE_MOST
}
