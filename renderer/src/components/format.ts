const BINARY = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
const DECIMAL = ['B', 'kB', 'MB', 'GB', 'TB']

function scaled(bytes: number, base: number, units: string[]): string {
  let value = Math.abs(bytes)
  let unit = 0
  // What would be written as a whole of the next unit is one.
  while (Math.max(value, Number(value.toPrecision(3))) >= base && unit < units.length - 1) {
    value /= base
    unit++
  }
  const digits = unit === 0 || value >= 100 ? value.toFixed(0) : value.toPrecision(value < 10 ? 2 : 3)
  return `${bytes < 0 ? '−' : ''}${digits} ${units[unit]}`
}

/** Steps of an axis of memory: round numbers of KiB, MiB, GiB. */
export const MEMORY_STEPS = [1, 1024, 1024 ** 2, 1024 ** 3].flatMap((unit) =>
  [1, 2, 4, 8, 16, 32, 64, 128, 256, 512].map((each) => each * unit),
)

/** Memory, in powers of 1024. */
export const memorySize = (bytes: number): string => scaled(bytes, 1024, BINARY)

/** Disk, in powers of 1000, as Docker has it. */
export const diskSize = (bytes: number): string => scaled(bytes, 1000, DECIMAL)

/** Bits a second, in powers of 1000. */
export const bitRate = (bits: number): string =>
  scaled(bits, 1000, ['bit/s', 'kbit/s', 'Mbit/s', 'Gbit/s', 'Tbit/s'])

export const percent = (share: number): string => `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`

const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
]
const relative = new Intl.RelativeTimeFormat('en', { style: 'narrow', numeric: 'auto' })

/** `3 min ago`. */
export function ago(milliseconds: number, now: number): string {
  const seconds = Math.max(0, (now - milliseconds) / 1000)
  const [unit, length] = UNITS.find(([, length]) => seconds >= length) ?? ['second', 1]
  return unit === 'second' ? 'just now' : relative.format(-Math.floor(seconds / length), unit)
}

const exact = new Intl.DateTimeFormat('en', {
  dateStyle: 'medium',
  timeStyle: 'medium',
  hourCycle: 'h23',
})
export const dateTime = (milliseconds: number): string => exact.format(milliseconds)

export function duration(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`
  const seconds = milliseconds / 1000
  if (seconds < 60) return `${seconds.toFixed(1)} s`
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`
}
