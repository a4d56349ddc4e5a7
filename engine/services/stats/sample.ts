import { readCpuTime, readHostCpuTime, type CpuTime } from '../../hypervisor/process-cpu.ts'
import type { VmMemory } from '../../hypervisor/process-memory.ts'
import type { Container } from '../containers/container.ts'
import type { MemoryService } from '../memory.ts'
import type { GuestFigures, GuestFiguresReader } from './guest-figures.ts'

/**
 * One measurement of a running container. CPU, memory and disk are those of its VM, taken from outside: what it costs
 * the workstation, the emulation included, and nothing that a guest could make up.
 */
export interface Sample {
  /** Number of the start: times of two runs have nothing to do with each other. */
  run: number
  atMs: number
  cpu: CpuTime
  host: { totalNs: number; cpus: number }
  memory: VmMemory
  limitBytes: number
  disk: { readBytes: number; writeBytes: number }
  guest: GuestFigures
}

/** Undefined where the container does not run. */
export async function takeSample(
  container: Container,
  memory: Pick<MemoryService, 'of'>,
  guest: GuestFiguresReader,
): Promise<Sample | undefined> {
  const { vm, running, record } = container
  if (!running || !vm) return undefined
  const { run } = record
  try {
    const [figures, { memory: held, limitBytes }, disk] = await Promise.all([
      guest.read(),
      memory.of(container),
      vm.diskTraffic(),
    ])
    // Both in one moment: their quotient is what people look at.
    const [cpu, host] = await Promise.all([readCpuTime(await vm.pid()), readHostCpuTime()])
    return { run, atMs: Date.now(), cpu, host, memory: held, limitBytes, disk, guest: figures }
  } catch {
    // It ended while it was measured.
    return undefined
  }
}
