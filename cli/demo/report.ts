import type { Accelerator } from '../../contract/ramet.ts'
import { memorySize } from '../format/bytes.ts'
import { table } from '../format/table.ts'
import { milliseconds } from '../format/time.ts'

export interface DemoReport {
  accelerator: Accelerator
  image: string
  /** From the create request to the first answer, of a VM that boots on its own. */
  coldBootMs: number
  /** The same of each clone. */
  cloneMs: number[]
  /** Guest RAM that the cold VM held alone. */
  coldPrivateBytes: number
  /** Guest RAM that each clone holds alone while all of them run. */
  clonePrivateBytes: number[]
  /** What the clones hold less than as many VMs booted cold would. */
  savedBytes: number
  /** Every VM came up, answered, and was in the memory report. */
  ok: boolean
}

/** NaN of an empty list. */
export function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

export function demoTable(report: DemoReport): string {
  const { coldBootMs, coldPrivateBytes, cloneMs, clonePrivateBytes, savedBytes } = report
  if (cloneMs.length === 0 || clonePrivateBytes.length === 0) return 'no clone came up\n'
  const ms = median(cloneMs)
  const bytes = median(clonePrivateBytes)
  const rows = [
    [
      'start to answer',
      milliseconds(coldBootMs),
      milliseconds(ms),
      `${(coldBootMs / ms).toFixed(1)} times as fast`,
    ],
    ['private RAM', memorySize(coldPrivateBytes), memorySize(bytes), `${((100 * bytes) / coldPrivateBytes).toFixed(0)} % of it`], // prettier-ignore
  ]
  const slow =
    report.accelerator === 'tcg' ? ' (software emulation: all times are long, KVM is much faster)' : ''
  return [
    `${report.image}, accelerator ${report.accelerator}${slow}\n\n`,
    table(['', 'COLD BOOT', `CLONE (MEDIAN OF ${cloneMs.length})`, ''], rows),
    `\n${clonePrivateBytes.length} ${clonePrivateBytes.length === 1 ? 'clone saves' : 'clones save'} ${memorySize(savedBytes)} against as many VMs booted cold\n`,
  ].join('')
}
