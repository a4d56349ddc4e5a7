const UNITS = 'kmgtp'

/** Bytes of `512m`, `1.5g`, `64KiB`, `1048576`: powers of 1024, as Docker reads them. Undefined where it is no size. */
export function bytesOf(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?) ?(?:([kmgtp])(?:i?b)?|b)?$/i.exec(text.trim())
  if (!match) return undefined
  const power = match[2] ? UNITS.indexOf(match[2].toLowerCase()) + 1 : 0
  return Math.floor(Number(match[1]) * 1024 ** power)
}
