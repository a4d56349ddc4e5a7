import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { TarEntry } from './entry.ts'
import { TarReader } from './reader.ts'
import { fill, paxRecord, tar, tarEnd, tarEntry, tarHeader, type TarSpec } from './testing.ts'

type Read = { entry: TarEntry; data: Buffer }

/** Reads an archive, cut where `cuts` says; contents are put at their offsets, holes read as zeros. */
function read(archive: Buffer, cuts: () => number = () => archive.length): Read[] {
  const found: Read[] = []
  const reader = new TarReader({
    entry: (entry) => found.push({ entry, data: Buffer.alloc(entry.type === 'file' ? entry.size : 0) }),
    data: (chunk, offset) => void chunk.copy(found.at(-1)!.data, offset),
    end: () => {},
  })
  for (let at = 0; at < archive.length;) {
    const length = Math.max(1, cuts())
    reader.push(archive.subarray(at, at + length))
    at += length
  }
  reader.end()
  return found
}

const one = (spec: TarSpec): Read => read(tar([spec]))[0]!
const refuses = (archive: Buffer, why: RegExp) =>
  expect(() => read(archive)).toThrow(expect.objectContaining({ code: 'IMAGE_INVALID', message: expect.stringMatching(why) })) // prettier-ignore

describe('what images hold', () => {
  test('every kind, with its owner, mode, time and attributes', () => {
    const kinds = ['file', 'link', 'symlink', 'char', 'block', 'directory', 'fifo'] as const
    const link = (type: string) => (type.endsWith('link') ? 'target' : '')
    const read_ = read(tar(kinds.map((type) => ({ path: type, type, link: link(type), mode: 0o4711, uid: 5, gid: 6, major: 8, minor: 1 })))) // prettier-ignore
    expect(
      read_.map(({ entry }) => [entry.path, entry.type, entry.link, entry.mode, entry.uid, entry.gid]),
    ).toEqual(kinds.map((type) => [type, type, link(type), 0o4711, 5, 6]))
    expect(read_.map(({ entry }) => [entry.major, entry.minor])).toEqual(
      kinds.map((type) => (type === 'char' || type === 'block' ? [8, 1] : [0, 0])),
    )
    const { entry } = one({
      path: 'x',
      xattrs: { 'user.a': Buffer.from([0, 255, 61, 10]) },
      pax: { mtime: '-0.25' },
    })
    expect(entry.xattrs).toEqual(new Map([['user.a', Buffer.from([0, 255, 61, 10])]]))
    expect([entry.mtime, entry.mtimeNs]).toEqual([-1, 750_000_000])
  })

  test('the same wherever the chunks are cut', () => {
    const archive = tar([
      { path: 'a', data: randomBytes(1000) },
      { path: 'p'.repeat(300), data: randomBytes(512), xattrs: { 'user.x': 'y' } },
      { path: 'd', type: 'directory' },
      { path: 'empty' },
      { path: 'b', data: randomBytes(5000) },
    ])
    const whole = read(archive)
    expect(whole).toHaveLength(5)
    for (const length of [1, 7, 511, 512, 513, 1000]) expect(read(archive, () => length)).toEqual(whole)
  })

  test('long names of GNU tar, a prefix of ustar, and owners and sizes beyond octal', () => {
    const name = 'n'.repeat(500)
    const long = (flag: string, text: string) =>
      Buffer.concat([tarHeader({ path: '././@LongLink' }, text.length + 1, flag), Buffer.from(`${text}\0`), fill(text.length + 1)]) // prettier-ignore
    const archive = Buffer.concat([long('K', 't'.repeat(400)), long('L', name), tarEntry({ path: 'short', type: 'symlink', link: 'short' }), tarEnd()]) // prettier-ignore
    expect(read(archive)[0]!.entry).toMatchObject({ path: name, link: 't'.repeat(400), type: 'symlink' })
    const prefixed = one({ path: 'name', header: (block) => block.write('some/prefix', 345) })
    expect(prefixed.entry.path).toBe('some/prefix/name')
    expect(one({ path: 'x', uid: 4_000_000_000 }).entry.uid).toBe(4_000_000_000)
    expect(one({ path: 'x', pax: { uid: '3000000000', gid: '7' } }).entry).toMatchObject({ uid: 3e9, gid: 7 })
  })

  test('names are bytes', () => {
    expect(one({ path: 'größe' }).entry.path).toBe(Buffer.from('größe').toString('latin1'))
    expect(one({ path: 'x', pax: { path: Buffer.from([0xff, 0xfe]) } }).entry.path).toBe('\xff\xfe')
  })

  test('sparse files of all four notations', () => {
    const [a, b] = [randomBytes(600), randomBytes(100)]
    const whole = Buffer.alloc(5000)
    a.copy(whole, 512)
    b.copy(whole, 4000)
    const data = Buffer.concat([a, b])
    const map = Buffer.from('2\n512\n600\n4000\n100\n')
    const sparse = { 'GNU.sparse.size': '5000' }
    const one0 = Buffer.concat([map, fill(map.length), data])
    const pairs = ['512', '600', '4000', '100']
    const records = Buffer.concat([paxRecord('GNU.sparse.size', '5000'), ...pairs.map((value, at) => paxRecord(at % 2 ? 'GNU.sparse.numbytes' : 'GNU.sparse.offset', value))]) // prettier-ignore
    const notations: Buffer[] = [
      tarEntry({ path: 'x', data, pax: { ...sparse, 'GNU.sparse.map': pairs.join(',') } }),
      tarEntry({ path: 'x', data: one0, pax: { 'GNU.sparse.major': '1', 'GNU.sparse.minor': '0', 'GNU.sparse.realsize': '5000', 'GNU.sparse.name': 'x' } }), // prettier-ignore
      Buffer.concat([tarHeader({ path: 'p' }, records.length, 'x'), records, fill(records.length), tarEntry({ path: 'x', data })]), // prettier-ignore
      Buffer.concat([tarHeader({ path: 'x', header: gnuSparse(pairs, 5000) }, data.length, 'S'), data, fill(data.length)]), // prettier-ignore
    ]
    for (const notation of notations) {
      const [found] = read(Buffer.concat([notation, tarEnd()]), () => 100)
      expect(found!.entry).toMatchObject({ path: 'x', size: 5000 })
      expect(found!.data.equals(whole)).toBe(true)
    }
  })
})

function gnuSparse(pairs: string[], size: number) {
  return (block: Buffer): void => {
    block.fill(0, 345)
    block.write('ustar  \0', 257, 'latin1')
    pairs.forEach((value, at) => block.write(Number(value).toString(8).padStart(11, '0'), 386 + at * 12))
    block.write(size.toString(8).padStart(11, '0'), 483)
  }
}

describe('what is refused', () => {
  test('a NUL in a PAX path', () => refuses(tar([{ path: 'x', pax: { path: 'etc/passwd\0.txt' } }]), /NUL/))
  test('a negative size, at once', () => {
    const header = tarHeader({ path: 'x', header: (block) => block.fill(0xff, 124, 136) }, 0)
    const reader = new TarReader({ entry: () => expect.unreachable(), data: () => {}, end: () => {} })
    expect(() => reader.push(header)).toThrow(/negative size/)
  })
  test('sizes of PAX and ustar that disagree', () =>
    refuses(tar([{ path: 'x', data: 'abc', pax: { size: '2' } }]), /two sizes/))
  test('an owner that is none', () => refuses(tar([{ path: 'x', pax: { uid: '4294967295' } }]), /uid/))
  test('a path longer than the kernel takes', () =>
    refuses(tar([{ path: 'd/'.repeat(10_000) }]), /longer than 4096/))
  test('a wrong checksum', () => {
    const archive = tar([{ path: 'x' }])
    archive[0] = 0x79
    refuses(archive, /checksum/)
  })
  test('kinds that no image holds', () =>
    refuses(Buffer.concat([tarHeader({ path: 'x' }, 0, 'V'), tarEnd()]), /unknown kind/))
  test('garbage behind the end, between its blocks, or behind a lone one', () => {
    refuses(Buffer.concat([tar([{ path: 'x' }]), Buffer.from('x')]), /garbage/)
    refuses(Buffer.concat([Buffer.alloc(512), tarEntry({ path: 'x' })]), /garbage/)
  })
  test('an end in the middle of anything', () => {
    const archive = tar([{ path: 'p'.repeat(200), data: randomBytes(700) }])
    const entries = archive.length - tarEnd().length
    for (let end = 1; end < entries; end += 111) refuses(archive.subarray(0, end), /truncated/)
    expect(read(archive.subarray(0, entries))).toHaveLength(1)
  })
  test('sparse maps that overlap, reach beyond the file, or do not fit the data', () => {
    for (const map of ['0,3,2,1', '0,4,98,2', '0,3', '0,4,']) {
      refuses(
        tar([{ path: 'x', data: 'abcd', pax: { 'GNU.sparse.size': '99', 'GNU.sparse.map': map } }]),
        /sparse/,
      )
    }
  })
  test('PAX records of a wrong length, without a key, too many or too large', () => {
    const raw = (records: string | Buffer) => {
      const data = Buffer.from(records)
      return Buffer.concat([tarHeader({ path: 'p' }, data.length, 'x'), data, fill(data.length), tarEntry({ path: 'x' }), tarEnd()]) // prettier-ignore
    }
    for (const records of ['99 path=x\n', '8 path=x\n', 'x path=y\n', '5 =x\n', '-9 path=x\n', '9 path=xy']) {
      refuses(raw(records), /PAX header/)
    }
    refuses(raw(Buffer.concat(Array.from({ length: 100_001 }, () => Buffer.from('7 a=bc\n')))), /too many/)
    refuses(raw(paxRecord('comment', 'c'.repeat(1 << 20))), /too large/)
  })
  test('names in messages hold no control characters', () => {
    const path = '\u001b[2Jx\u202e'
    const error = (() => {
      try {
        read(Buffer.concat([tarHeader({ path }, 0, 'V'), tarEnd()]))
      } catch (thrown) {
        return thrown as Error
      }
    })()
    expect(error!.message).toMatch(/^[\x20-\x7e]+$/)
  })
})
