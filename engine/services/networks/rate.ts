import { EngineError } from '../../../contract/errors.ts'

const FACTORS: Record<string, number> = { '': 1, k: 1e3, m: 1e6, g: 1e9 }
const LEAST = 8_000

/** Bits a second of `20mbit`, `500k`, `1g` or a plain number. Rejects with INVALID_ARGUMENT. */
export function parseRate(text: string): number {
  const [, number, factor = ''] = /^(\d+(?:\.\d+)?)\s*([kmg]?)(?:bit(?:\/s|ps)?)?$/i.exec(text.trim()) ?? []
  const rate = Math.round(Number(number) * FACTORS[factor.toLowerCase()]!)
  if (rate >= LEAST && Number.isSafeInteger(rate)) return rate
  throw new EngineError(
    'INVALID_ARGUMENT',
    `invalid rate '${text}': give bits a second, at least 8k, as 20mbit or 500k`,
  )
}
