import { EngineError } from '../../contract/errors.ts'
import { bytesOf } from '../../contract/size.ts'

const DECIMAL = ['B', 'kB', 'MB', 'GB', 'TB', 'PB']
const BINARY = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']

/** Disk sizes as Docker writes them: powers of 1000, three significant digits, for example `4.26MB`. */
export function diskSize(bytes: number): string {
  return scaled(bytes, 1000, DECIMAL, '')
}

/** Memory: powers of 1024, for example `24.5 MiB`. */
export function memorySize(bytes: number): string {
  return scaled(bytes, 1024, BINARY, ' ')
}

function scaled(bytes: number, base: number, units: string[], gap: string): string {
  let value = Math.abs(bytes)
  let unit = 0
  // Rounded the value may reach the next unit.
  while (Math.max(Math.round(value), Number(value.toPrecision(3))) >= base && unit < units.length - 1) {
    value /= base
    unit++
  }
  const digits = value >= 1000 ? value.toFixed(0) : String(Number(value.toPrecision(3)))
  return `${bytes < 0 ? '-' : ''}${digits}${gap}${units[unit]}`
}

/** Bytes of `512m`, `1.5g`, `64KiB`, `1048576`: powers of 1024, as Docker reads them. Throws INVALID_ARGUMENT. */
export function parseSize(text: string): number {
  const bytes = bytesOf(text)
  if (bytes !== undefined) return bytes
  throw new EngineError(
    'INVALID_ARGUMENT',
    `'${text}' is not a size; write a number and a unit, for example 512m`,
  )
}
