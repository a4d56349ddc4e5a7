import type { TarType } from './entry.ts'
import { invalidTar, printable } from './invalid.ts'
import { readNumber } from './number.ts'

export const BLOCK = 512

/** A header block as it stands, before PAX and GNU extensions are applied. */
export interface RawHeader {
  flag: string
  path: string
  link: string
  mode: number
  uid: number
  gid: number
  size: number
  mtime: number
  major: number
  minor: number
}

const TYPES: Record<string, TarType> = {
  '0': 'file',
  '\0': 'file',
  '7': 'file',
  S: 'file',
  '1': 'link',
  '2': 'symlink',
  '3': 'char',
  '4': 'block',
  '5': 'directory',
  '6': 'fifo',
}

/** Throws IMAGE_INVALID for kinds that no image holds (volume labels, multi-volume parts). */
export function typeOf(header: RawHeader): TarType {
  const type = TYPES[header.flag]
  if (!type)
    return invalidTar(
      `${printable(header.path)} is a tar entry of the unknown kind ${printable(header.flag)}`,
    )
  // Archives older than POSIX mark a directory by its trailing slash alone.
  return header.flag === '\0' && header.path.endsWith('/') ? 'directory' : type
}

/** Parses and checks one header block. Throws IMAGE_INVALID. */
export function parseHeader(block: Buffer): RawHeader {
  checkSum(block)
  const magic = block.toString('latin1', 257, 265)
  const posix = magic === 'ustar\x0000'
  const gnu = magic === 'ustar  \0'
  const prefix = posix ? text(block, 345, 155) : ''
  const name = text(block, 0, 100)
  const flag = String.fromCharCode(block[156]!)
  const size = readNumber(block, 124, 12, 'size')
  if (size < 0) invalidTar('a tar header has a negative size')
  const device = posix || gnu
  const special = flag === '3' || flag === '4'
  return {
    flag,
    path: prefix ? `${prefix}/${name}` : name,
    link: text(block, 157, 100),
    mode: readNumber(block, 100, 8, 'mode') & 0o7777,
    uid: readNumber(block, 108, 8, 'uid'),
    gid: readNumber(block, 116, 8, 'gid'),
    size,
    mtime: readNumber(block, 136, 12, 'mtime'),
    major: device && special ? readNumber(block, 329, 8, 'device number') : 0,
    minor: device && special ? readNumber(block, 337, 8, 'device number') : 0,
  }
}

function checkSum(block: Buffer): void {
  const stored = readNumber(block, 148, 8, 'checksum')
  let unsigned = 8 * 0x20
  let signed = unsigned
  for (let i = 0; i < BLOCK; i++) {
    if (i >= 148 && i < 156) continue
    const byte = block[i]!
    unsigned += byte
    signed += (byte << 24) >> 24
  }
  // Some old tars summed signed bytes.
  if (stored !== unsigned && stored !== signed) {
    invalidTar('a layer is not a tar archive, or it is damaged (checksum of a header)')
  }
}

function text(block: Buffer, offset: number, length: number): string {
  const end = block.indexOf(0, offset)
  return block.toString('latin1', offset, end < 0 || end > offset + length ? offset + length : end)
}
