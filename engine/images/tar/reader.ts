import type { Extent, TarEntry, TarHandler } from './entry.ts'
import { BLOCK, parseHeader, typeOf, type RawHeader } from './header.ts'
import { invalidTar, printable } from './invalid.ts'
import { readDecimal, readNumber, readTime } from './number.ts'
import { parsePax, type PaxHeader } from './pax.ts'
import { checkExtents, gnuExtents, paxExtents, SparseMapReader } from './sparse.ts'

/** Enough for 64 KiB of extended attributes on each of many names; the kernel's own limits are lower. */
const MAX_PAX = 1 << 20
const MAX_PATH = 4096
const MAX_ID = 2 ** 32 - 2
/** Above this the octal size field overflows and only PAX can say it. */
const OCTAL_MAX = 8 ** 11 - 1

type State = 'header' | 'collect' | 'gnu-sparse' | 'pax-sparse' | 'data' | 'padding' | 'ended'

/**
 * A strict, streaming tar reader: ustar, GNU (long names, old sparse), PAX (paths, sizes, times, owners, xattrs,
 * sparse 0.0, 0.1, 1.0), base-256. Pushed chunks may be cut anywhere. Throws IMAGE_INVALID.
 */
export class TarReader {
  readonly #handler: TarHandler
  readonly #block = Buffer.alloc(BLOCK)
  #filled = 0
  #state: State = 'header'
  #zeroBlocks = 0
  /** Bytes of the present payload still to come, and the fill after it. */
  #left = 0
  #padding = 0

  #raw: RawHeader | undefined
  #collected: Buffer[] = []
  #longPath: string | undefined
  #longLink: string | undefined
  #pax: PaxHeader | undefined

  #entry: TarEntry | undefined
  #extents: Extent[] = []
  #extent = 0
  #extentDone = 0
  #sparseMap: SparseMapReader | undefined

  constructor(handler: TarHandler) {
    this.#handler = handler
  }

  push(chunk: Buffer): void {
    let at = 0
    while (at < chunk.length) {
      switch (this.#state) {
        case 'data':
          at += this.#takeData(chunk, at)
          break
        case 'collect':
          at += this.#collect(chunk, at)
          break
        case 'padding': {
          const skip = Math.min(this.#left, chunk.length - at)
          at += skip
          this.#left -= skip
          if (this.#left === 0) this.#state = 'header'
          break
        }
        case 'ended':
          for (; at < chunk.length; at++) {
            if (chunk[at] !== 0) invalidTar('a layer has garbage after the end of its tar archive')
          }
          break
        default:
          at += this.#fill(chunk, at)
      }
    }
  }

  /** Says that nothing more comes. */
  end(): void {
    const whole = this.#state === 'ended' || (this.#state === 'header' && this.#filled === 0)
    if (!whole || this.#pax || this.#longPath !== undefined || this.#longLink !== undefined) {
      invalidTar('a layer is truncated: its tar archive ends in the middle')
    }
  }

  #fill(chunk: Buffer, at: number): number {
    const take = Math.min(BLOCK - this.#filled, chunk.length - at)
    chunk.copy(this.#block, this.#filled, at, at + take)
    this.#filled += take
    if (this.#filled === BLOCK) {
      this.#filled = 0
      if (this.#state === 'header') this.#takeHeader()
      else if (this.#state === 'gnu-sparse') this.#takeGnuSparse(this.#block, 0, 21, 504)
      else this.#takePaxSparse()
    }
    return take
  }

  #takeHeader(): void {
    const block = this.#block
    if (block[0] === 0 && block.every((byte) => byte === 0)) {
      if (++this.#zeroBlocks === 2) this.#state = 'ended'
      return
    }
    if (this.#zeroBlocks > 0) invalidTar('a layer has garbage after the end of its tar archive')
    const raw = parseHeader(block)
    this.#raw = raw
    if ('xgLK'.includes(raw.flag)) {
      const max = raw.flag === 'L' || raw.flag === 'K' ? MAX_PATH + 1 : MAX_PAX
      if (raw.size > max) invalidTar('a tar entry has an extended header that is too large')
      this.#collected = []
      this.#left = raw.size
      this.#padding = fillUp(raw.size)
      if (raw.size === 0) this.#collectedAll()
      else this.#state = 'collect'
      return
    }
    this.#startEntry(raw)
  }

  #collect(chunk: Buffer, at: number): number {
    const take = Math.min(this.#left, chunk.length - at)
    this.#collected.push(Buffer.from(chunk.subarray(at, at + take)))
    this.#left -= take
    if (this.#left === 0) this.#collectedAll()
    return take
  }

  #collectedAll(): void {
    const data = Buffer.concat(this.#collected)
    this.#collected = []
    this.#pad()
    const flag = this.#raw!.flag
    // A global header changes nothing in an image: Docker ignores it as well. It must be well-formed all the same.
    if (flag === 'g') parsePax(data)
    else if (flag === 'x') {
      if (this.#pax) invalidTar('a tar entry has two PAX headers')
      this.#pax = parsePax(data)
    } else {
      const nul = data.indexOf(0)
      const name = data.toString('latin1', 0, nul < 0 ? data.length : nul)
      if (flag === 'L') this.#longPath = name
      else this.#longLink = name
    }
  }

  #startEntry(raw: RawHeader): void {
    const pax = this.#pax
    const records = pax?.records
    let stored = raw.size
    const paxSize = records?.get('size')
    if (paxSize !== undefined) {
      stored = readDecimal(paxSize, 'size')
      if (stored !== raw.size && stored <= OCTAL_MAX) {
        invalidTar(`${printable(raw.path)} has two sizes, ${raw.size} and ${stored}`)
      }
    }
    const type = typeOf(raw)
    if (type !== 'file') stored = 0
    const [mtime, mtimeNs] = records?.has('mtime') ? readTime(records.get('mtime')!) : [raw.mtime, 0]
    const id = (key: 'uid' | 'gid'): number => {
      const text = records?.get(key)
      const value = text === undefined ? raw[key] : readDecimal(text, key)
      if (value < 0 || value > MAX_ID)
        invalidTar(`${printable(raw.path)} has the ${key} ${value}, out of range`)
      return value
    }
    const path = records?.get('GNU.sparse.name') ?? records?.get('path') ?? this.#longPath ?? raw.path
    const link = records?.get('linkpath') ?? this.#longLink ?? raw.link
    if (path.length > MAX_PATH || link.length >= MAX_PATH) {
      invalidTar(`${printable(path)} has a path longer than ${MAX_PATH} bytes`)
    }
    this.#pax = undefined
    this.#longPath = undefined
    this.#longLink = undefined
    this.#entry = {
      type,
      path,
      link,
      mode: raw.mode,
      uid: id('uid'),
      gid: id('gid'),
      size: stored,
      mtime,
      mtimeNs,
      major: raw.major,
      minor: raw.minor,
      xattrs: pax?.xattrs,
    }
    this.#left = stored
    this.#padding = fillUp(stored)
    this.#extents = []
    if (type === 'file' && raw.flag === 'S') this.#startGnuSparse()
    else if (type === 'file' && pax && isSparse(pax)) this.#startPaxSparse(pax)
    else this.#begin([{ offset: 0, length: stored }])
  }

  #startGnuSparse(): void {
    const block = Buffer.from(this.#block)
    const size = readNumber(block, 483, 12, 'size')
    if (size < 0) invalidTar('a sparse file has a negative size')
    this.#entry!.size = size
    this.#takeGnuSparse(block, 386, 4, 482)
  }

  #takeGnuSparse(block: Buffer, offset: number, slots: number, more: number): void {
    this.#extents.push(...gnuExtents(block, offset, slots))
    if (block[more] !== 0) {
      this.#state = 'gnu-sparse'
      if (this.#extents.length > 1 << 17) invalidTar('a sparse file has too many extents')
    } else this.#begin(this.#extents)
  }

  #startPaxSparse(pax: PaxHeader): void {
    const { records } = pax
    const size = records.get('GNU.sparse.realsize') ?? records.get('GNU.sparse.size')
    if (size === undefined) invalidTar(`${printable(this.#entry!.path)} is a sparse file without a size`)
    this.#entry!.size = readDecimal(size!, 'size')
    if (records.get('GNU.sparse.major') === '1') {
      this.#sparseMap = new SparseMapReader()
      this.#state = 'pax-sparse'
      return
    }
    const map = records.get('GNU.sparse.map')
    this.#begin(map === undefined ? pax.sparse : paxExtents(map))
  }

  #takePaxSparse(): void {
    this.#left -= BLOCK
    if (this.#left < 0) invalidTar('a sparse file has a map that does not fit its data')
    const extents = this.#sparseMap!.push(this.#block)
    if (extents) this.#begin(extents)
  }

  #begin(extents: Extent[]): void {
    const entry = this.#entry!
    checkExtents(extents, entry.size, this.#left)
    this.#extents = extents
    this.#extent = 0
    this.#extentDone = 0
    this.#handler.entry(entry)
    if (this.#left > 0) this.#state = 'data'
    else this.#finish()
  }

  #takeData(chunk: Buffer, at: number): number {
    let extent = this.#extents[this.#extent]!
    while (this.#extentDone === extent.length) {
      extent = this.#extents[++this.#extent]!
      this.#extentDone = 0
    }
    const take = Math.min(extent.length - this.#extentDone, chunk.length - at)
    this.#handler.data(chunk.subarray(at, at + take), extent.offset + this.#extentDone)
    this.#extentDone += take
    this.#left -= take
    if (this.#left === 0) this.#finish()
    return take
  }

  #finish(): void {
    this.#handler.end()
    this.#entry = undefined
    this.#pad()
  }

  #pad(): void {
    this.#left = this.#padding
    this.#state = this.#left > 0 ? 'padding' : 'header'
  }
}

const fillUp = (size: number): number => (BLOCK - (size % BLOCK)) % BLOCK

const isSparse = ({ records, sparse }: PaxHeader): boolean =>
  sparse.length > 0 ||
  records.has('GNU.sparse.map') ||
  records.has('GNU.sparse.realsize') ||
  records.has('GNU.sparse.size')
