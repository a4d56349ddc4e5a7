import type { Extent } from './entry.ts'
import { invalidTar } from './invalid.ts'
import { readDecimal } from './number.ts'

const XATTR = 'SCHILY.xattr.'
const MAX_RECORDS = 100_000

/** Records of a PAX header that matter here. Texts are byte strings. */
export interface PaxHeader {
  records: Map<string, string>
  xattrs: Map<string, Buffer> | undefined
  /** GNU sparse 0.0 repeats its keys, one pair for each extent. */
  sparse: Extent[]
}

/** Parses `length key=value\n` records strictly. Throws IMAGE_INVALID. */
export function parsePax(data: Buffer): PaxHeader {
  const header: PaxHeader = { records: new Map(), xattrs: undefined, sparse: [] }
  let pendingOffset: number | undefined
  let count = 0
  for (let at = 0; at < data.length;) {
    if (++count > MAX_RECORDS) invalidTar('a PAX header has too many records')
    const space = data.indexOf(0x20, at)
    if (space < 0 || space - at > 8) invalidTar('a PAX header is broken')
    const length = readDecimal(data.toString('latin1', at, space), 'record length')
    const end = at + length
    const equals = data.indexOf(0x3d, space)
    if (
      end > data.length ||
      data[end - 1] !== 0x0a ||
      equals < 0 ||
      equals >= end - 1 ||
      equals === space + 1
    ) {
      invalidTar('a PAX header is broken')
    }
    const key = data.toString('latin1', space + 1, equals)
    const value = data.subarray(equals + 1, end - 1)
    at = end
    if (key.startsWith(XATTR)) {
      header.xattrs ??= new Map()
      header.xattrs.set(key.slice(XATTR.length), Buffer.from(value))
      continue
    }
    const text = value.toString('latin1')
    if (text.includes('\0')) invalidTar(`a PAX header has a NUL in its ${key.slice(0, 40)}`)
    if (key === 'GNU.sparse.offset') pendingOffset = readDecimal(text, 'sparse map')
    else if (key === 'GNU.sparse.numbytes') {
      if (pendingOffset === undefined) invalidTar('a PAX header has a broken sparse map')
      header.sparse.push({ offset: pendingOffset!, length: readDecimal(text, 'sparse map') })
      pendingOffset = undefined
    } else if (text === '') header.records.delete(key)
    else header.records.set(key, text)
  }
  return header
}
