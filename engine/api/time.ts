import { EngineError } from '../../contract/errors.ts'

const SECOND = 1_000_000_000n
const UNITS: Record<string, number> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
}

/**
 * A point in time as Docker's clients write it: unix seconds with a fraction, RFC 3339 (date alone, or without a zone:
 * UTC), or a Go duration before `nowMs`. Answers unix nanoseconds; rejects with INVALID_ARGUMENT.
 */
export function parseTime(text: string, nowMs = Date.now()): bigint {
  const unix = /^(\d{1,12})(?:\.(\d{1,9})\d*)?$/.exec(text)
  if (unix) return BigInt(unix[1]!) * SECOND + nanoseconds(unix[2])

  const date = /^(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d(?::\d\d)?)(?:\.(\d{1,9})\d*)?(Z|[+-]\d\d:\d\d)?)?$/.exec(
    text,
  )
  if (date) {
    const at = Date.parse(`${date[1]}T${date[2] ?? '00:00'}${date[4] ?? 'Z'}`)
    if (!Number.isNaN(at)) return BigInt(at) * 1_000_000n + nanoseconds(date[3])
  }

  if (/^[+-]?(\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+$/.test(text)) {
    let before = 0
    for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g)) {
      before += Number(amount) * UNITS[unit!]!
    }
    return BigInt(nowMs) * 1_000_000n - BigInt(Math.round(text.startsWith('-') ? -before : before))
  }
  throw new EngineError(
    'INVALID_ARGUMENT',
    `invalid time '${text}': give unix seconds, RFC 3339, or a duration like 10m`,
  )
}

function nanoseconds(fraction = ''): bigint {
  return BigInt(fraction.padEnd(9, '0'))
}

/** RFC 3339 with nanoseconds, in UTC. */
export function formatTime(ns: bigint): string {
  const seconds = new Date(Number(ns / SECOND) * 1000).toISOString().slice(0, 19)
  return `${seconds}.${String(ns % SECOND).padStart(9, '0')}Z`
}
