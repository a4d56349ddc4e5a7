import type { Command } from 'commander'
import type { HostConfig } from '../../contract/docker.ts'
import { parseSize } from '../format/bytes.ts'
import { many } from './many.ts'
import { invalid, whole } from './numbers.ts'

/** What `run`, `create` and `update` limit. */
export interface LimitFlags {
  memory?: string
  memoryReservation?: string
  cpus?: string
  cpuShares?: string
  cpuQuota?: string
  cpuPeriod?: string
  cpusetCpus?: string
  pidsLimit?: string
  blkioWeight?: string
}

export interface DiskRateFlags {
  deviceReadBps: string[]
  deviceWriteBps: string[]
  deviceReadIops: string[]
  deviceWriteIops: string[]
}

export function addLimitFlags(command: Command): Command {
  return command
    .option('-m, --memory <size>', 'memory that it may use, for example 512m')
    .option(
      '--memory-reservation <size>',
      'memory that is kept for it: no other is started that would need it',
    )
    .option('--cpus <number>', 'number of CPUs, for example 1.5')
    .option('--cpu-shares <number>', 'weight of its CPU time against others, 1024 unless told')
    .option('--cpu-quota <microseconds>', 'CPU time in every period')
    .option('--cpu-period <microseconds>', 'length of that period, 100000 unless told')
    .option('--cpuset-cpus <list>', 'CPUs of the host that it may run on, for example 0-2,4')
    .option('--pids-limit <number>', 'number of processes, -1 for no limit')
    .option('--blkio-weight <number>', 'weight of its I/O against others, 10 to 1000')
}

export function addDiskRateFlags(command: Command): Command {
  return command
    .addOption(
      many(
        '--device-read-bps <DEVICE:RATE>',
        'what it may read from its disk in a second, for example /dev/vda:10mb',
      ),
    ) // prettier-ignore
    .addOption(many('--device-write-bps <DEVICE:RATE>', 'what it may write in a second'))
    .addOption(many('--device-read-iops <DEVICE:NUMBER>', 'reads in a second'))
    .addOption(many('--device-write-iops <DEVICE:NUMBER>', 'writes in a second'))
}

/** Only what was given. Throws INVALID_ARGUMENT. */
export function limits(flags: LimitFlags): Partial<HostConfig> {
  return given({
    Memory: flags.memory === undefined ? undefined : parseSize(flags.memory),
    MemoryReservation: flags.memoryReservation === undefined ? undefined : parseSize(flags.memoryReservation),
    NanoCpus: cpus(flags.cpus),
    CpuShares: whole(flags.cpuShares, '--cpu-shares', 0),
    CpuQuota: whole(flags.cpuQuota, '--cpu-quota', -1),
    CpuPeriod: whole(flags.cpuPeriod, '--cpu-period', 0),
    CpusetCpus: flags.cpusetCpus,
    PidsLimit: whole(flags.pidsLimit, '--pids-limit', -1),
    BlkioWeight: whole(flags.blkioWeight, '--blkio-weight', 0),
  })
}

/** Throws INVALID_ARGUMENT. */
export function diskRates(flags: DiskRateFlags): Partial<HostConfig> {
  const rates = (texts: string[], read: (value: string) => number) =>
    texts.length === 0 ? undefined : texts.map((text) => rate(text, read))
  return given({
    BlkioDeviceReadBps: rates(flags.deviceReadBps, parseSize),
    BlkioDeviceWriteBps: rates(flags.deviceWriteBps, parseSize),
    BlkioDeviceReadIOps: rates(flags.deviceReadIops, Number),
    BlkioDeviceWriteIOps: rates(flags.deviceWriteIops, Number),
  })
}

function rate(text: string, read: (value: string) => number): { Path: string; Rate: number } {
  const at = text.lastIndexOf(':')
  const Rate = at < 1 ? NaN : read(text.slice(at + 1))
  if (!Number.isSafeInteger(Rate)) throw invalid(text, 'write a device and a rate, for example /dev/vda:10mb')
  return { Path: text.slice(0, at), Rate }
}

function cpus(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (!/^\d*\.?\d+$/.test(text)) throw invalid(`--cpus ${text}`, 'write a number, for example 1.5')
  return Math.round(Number(text) * 1e9)
}

function given<T extends object>(all: T): Partial<T> {
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as Partial<T>
}
