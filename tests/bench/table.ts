import type { spread } from './median.ts'

export interface Row {
  what: string
  ratio: number
  /** What is to be reached, and what is aimed at. */
  reach: number | string
  aim: number | string
  above: ReturnType<typeof spread>
  below: ReturnType<typeof spread>
}

/** In markdown, as docs/performance.md has it. */
export function table(machine: object, rows: Row[]): string {
  const facts = Object.entries(machine).map(([name, value]) => `${name} ${String(value)}`)
  const lines = rows.map(
    ({ what, ratio, reach, aim, above, below }) =>
      `| ${what} | ${reach}, ${aim} | ${round(ratio)} | ${distribution(above)} | ${distribution(below)} |`,
  )
  return [
    facts.join(' · '),
    '',
    '| ratio | reach, aim | measured | of, with its quarters | by |',
    '|---|---|---|---|---|',
    ...lines,
    '',
  ].join('\n')
}

function distribution({ median, q1, q3, n }: ReturnType<typeof spread>): string {
  return `${round(median)} (${round(q1)} to ${round(q3)}, ${n})`
}

/** Three digits; bytes in MB. */
function round(value: number): string {
  if (Math.abs(value) >= 100_000) return `${Number((value / 1e6).toPrecision(3))} MB`
  return String(Number(value.toPrecision(3)))
}
