import { EngineError } from '../../contract/errors.ts'

const MINUTE = 60
const HOUR = 60 * MINUTE

/** A length of time in Docker's words, for example `About an hour`, `3 weeks`. */
export function duration(seconds: number): string {
  if (seconds < 1) return 'Less than a second'
  if (seconds < 2) return '1 second'
  if (seconds < MINUTE) return `${Math.floor(seconds)} seconds`
  if (seconds < 2 * MINUTE) return 'About a minute'
  if (seconds < HOUR) return `${Math.floor(seconds / MINUTE)} minutes`
  const hours = Math.round(seconds / HOUR)
  if (hours === 1) return 'About an hour'
  if (hours < 48) return `${hours} hours`
  if (hours < 14 * 24) return `${Math.floor(hours / 24)} days`
  if (hours < 60 * 24) return `${Math.floor(hours / 24 / 7)} weeks`
  if (hours < 730 * 24) return `${Math.floor(hours / 24 / 30)} months`
  return `${Math.floor(hours / 24 / 365)} years`
}

/** How long ago: of Unix seconds or an RFC 3339 time; `N/A` for a time that was never set. */
export function ago(time: number | string, now = Date.now()): string {
  const milliseconds = typeof time === 'number' ? time * 1000 : Date.parse(time)
  if (!(milliseconds > 0)) return 'N/A'
  return `${duration(Math.max(0, now - milliseconds) / 1000)} ago`
}

/** Milliseconds for people: `850 ms`, `4.2 s`. */
export function milliseconds(value: number): string {
  return value < 1000 ? `${Math.round(value)} ms` : `${(value / 1000).toFixed(1)} s`
}

const UNITS: Record<string, number> = { h: HOUR, m: MINUTE, s: 1, ms: 1e-3, us: 1e-6, µs: 1e-6, ns: 1e-9 }

/**
 * Unix seconds of what `--since` and `--until` take: Unix seconds, a date with or without a time (local where it names
 * no zone), or a length of time before now such as `1h30m`. Throws INVALID_ARGUMENT.
 */
export function timestamp(text: string, now = Date.now()): string {
  if (/^\d+(\.\d{1,9})?$/.test(text)) return text
  if (/^((\d+(\.\d+)?)(h|ms|m|s|us|µs|ns))+$/.test(text)) {
    const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(h|ms|m|s|us|µs|ns)/g)]
    const seconds = parts.reduce((sum, [, value, unit]) => sum + Number(value) * UNITS[unit!]!, 0)
    return (now / 1000 - seconds).toFixed(9)
  }
  // A bare date would be read as UTC, unlike one with a time.
  const at = /^\d{4}-\d{2}-\d{2}/.test(text)
    ? Date.parse(text.includes('T') ? text : `${text}T00:00:00`)
    : NaN
  if (Number.isNaN(at)) {
    throw new EngineError(
      'INVALID_ARGUMENT',
      `'${text}' is not a time; write 2025-01-31T08:00:00Z or, for ago, 10m`,
    )
  }
  return (at / 1000).toFixed(9)
}
