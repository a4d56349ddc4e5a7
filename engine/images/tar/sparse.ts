import type { Extent } from './entry.ts'
import { invalidTar } from './invalid.ts'
import { readDecimal, readNumber } from './number.ts'

const MAX_EXTENTS = 1 << 17

/** Extents of an old GNU header or of one of its continuation blocks; unused slots are empty. */
export function gnuExtents(block: Buffer, offset: number, slots: number): Extent[] {
  const extents: Extent[] = []
  for (let slot = 0; slot < slots; slot++) {
    const at = offset + slot * 24
    if (block[at] === 0) break
    extents.push({
      offset: readNumber(block, at, 12, 'sparse map'),
      length: readNumber(block, at + 12, 12, 'sparse map'),
    })
  }
  return extents
}

/** PAX sparse 0.1: `offset,length,offset,length`. */
export function paxExtents(map: string): Extent[] {
  const figures = map.split(',')
  if (figures.length % 2 !== 0) invalidTar('a PAX header has a broken sparse map')
  return pairs(figures)
}

export function pairs(figures: string[]): Extent[] {
  const extents: Extent[] = []
  for (let i = 0; i + 1 < figures.length; i += 2) {
    extents.push({
      offset: readDecimal(figures[i]!, 'sparse map'),
      length: readDecimal(figures[i + 1]!, 'sparse map'),
    })
  }
  return extents
}

/** Reads the map that PAX sparse 1.0 puts in front of the data: decimal lines, filled up to a block. */
export class SparseMapReader {
  #digits = ''
  #figures: string[] = []

  /** Takes one block of 512 bytes; returns the extents once the map is complete. */
  push(block: Buffer): Extent[] | undefined {
    for (const byte of block) {
      if (byte === 0x0a) {
        this.#figures.push(this.#digits)
        this.#digits = ''
        const count = readDecimal(this.#figures[0]!, 'sparse map')
        if (count > MAX_EXTENTS) invalidTar('a sparse file has too many extents')
        if (this.#figures.length === 1 + 2 * count) return pairs(this.#figures.slice(1))
      } else {
        this.#digits += String.fromCharCode(byte)
        if (this.#digits.length > 16) invalidTar('a sparse file has a broken map')
      }
    }
    return undefined
  }
}

/** Extents must ascend without overlap, end within the file, and add up to the stored data. */
export function checkExtents(extents: Extent[], size: number, stored: number): void {
  let end = 0
  let total = 0
  if (extents.length > MAX_EXTENTS) invalidTar('a sparse file has too many extents')
  for (const { offset, length } of extents) {
    if (offset < end || length < 0) invalidTar('a sparse file has overlapping extents')
    end = offset + length
    total += length
  }
  if (end > size || total !== stored) invalidTar('a sparse file has a map that does not fit its data')
}
