import { invalidTar } from './invalid.ts'

/** Reads a numeric header field: octal text, or base-256 where the first bit is set. Throws on anything else. */
export function readNumber(block: Buffer, offset: number, length: number, what: string): number {
  const first = block[offset]!
  if (first & 0x80) return readBase256(block, offset, length, what)
  let at = offset
  const end = offset + length
  while (at < end && block[at] === 0x20) at++
  let value = 0
  for (; at < end; at++) {
    const digit = block[at]!
    if (digit === 0 || digit === 0x20) break
    if (digit < 0x30 || digit > 0x37) invalidTar(`a tar header has a broken ${what}`)
    value = value * 8 + (digit - 0x30)
  }
  for (; at < end; at++) {
    if (block[at] !== 0 && block[at] !== 0x20) invalidTar(`a tar header has a broken ${what}`)
  }
  return value
}

function readBase256(block: Buffer, offset: number, length: number, what: string): number {
  const negative = (block[offset]! & 0x40) !== 0
  let value = negative ? -1n : 0n
  value = (value << 6n) | BigInt(block[offset]! & 0x3f)
  for (let i = 1; i < length; i++) value = (value << 8n) | BigInt(block[offset + i]!)
  const figure = Number(value)
  if (!Number.isSafeInteger(figure)) invalidTar(`a tar header has a ${what} out of range`)
  return figure
}

/** A whole number in decimal, as PAX records and sparse maps hold it. */
export function readDecimal(text: string, what: string): number {
  const value = Number(text)
  if (!/^[0-9]{1,16}$/.test(text) || !Number.isSafeInteger(value)) {
    invalidTar(`a PAX header has a broken ${what}`)
  }
  return value
}

/** Seconds, maybe negative and with a fraction, as [whole seconds rounded down, nanoseconds]. */
export function readTime(text: string): [number, number] {
  const match = /^(-?)([0-9]{1,15})(?:\.([0-9]*))?$/.exec(text)
  if (!match) return invalidTar('a PAX header has a broken mtime')
  const seconds = Number(match[2])
  const nanos = Number((match[3] ?? '').padEnd(9, '0').slice(0, 9))
  if (!match[1]) return [seconds, nanos]
  return nanos === 0 ? [-seconds, 0] : [-seconds - 1, 1_000_000_000 - nanos]
}
