import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { splitStream, type SplitOptions } from './splitter.ts'
import * as make from './test-streams.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ramet-split-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

async function split(
  stream: Buffer | Readable,
  options: Partial<SplitOptions> = {},
  chunk = 64 << 10,
  readRam = true,
) {
  const ramFile = await open(join(folder, 'ram'), 'w+')
  const state = await open(join(folder, 'state'), 'w+')
  try {
    const source = stream instanceof Readable ? stream : Readable.from(make.slices(stream, chunk))
    const base = { ramBlock: make.RAM_BLOCK, ramBytes: make.RAM_BYTES, ramFile, state }
    const result = await splitStream(source, { ...base, ...options })
    return {
      ...result,
      ram: readRam ? readFileSync(join(folder, 'ram')) : Buffer.alloc(0),
      stateData: readFileSync(join(folder, 'state')),
    }
  } finally {
    await ramFile.close()
    await state.close()
  }
}

const changed = (changes: make.Records) => {
  const parts = make.records()
  for (const name of Object.keys(changes)) if (!(name in parts)) throw new Error(`no record ${name}`)
  return { ...parts, ...changes }
}

describe('a stream made by hand', () => {
  test.each([1, 7, 4096, 64 << 10])('splits, arriving in chunks of %i bytes', async (chunk) => {
    const result = await split(make.join(make.records()), {}, chunk)
    expect(result.ram.equals(make.expectedRam())).toBe(true)
    expect(result).toMatchObject({ streamVersion: 3, machine: make.MACHINE, pages: 5, zeroPages: 2 })
    expect(result.stateData.length).toBe(result.stateBytes)
  })

  test('leaves in the state all but the pages of guest RAM', async () => {
    const pages = make.dataPage(1, 9, 'rom')
    const expected = make.join(changed({ pages, lastPages: Buffer.alloc(0) }))
    const { stateData } = await split(make.join(make.records()))
    expect(stateData.equals(expected)).toBe(true)
  })

  test('is the same stream without its pages: splitting the state again changes nothing', async () => {
    const first = await split(make.join(make.records()))
    const again = await split(first.stateData)
    expect(again.stateSha256).toBe(first.stateSha256)
    expect(again).toMatchObject({ pages: 0, zeroPages: 0, ramBytesWritten: 0 })
  })

  test('writes no page that is zero from the start', async () => {
    const pages = Buffer.concat(Array.from({ length: 16 }, (_, number) => make.zeroPage(number)))
    const result = await split(make.join(changed({ pages, lastPages: Buffer.alloc(0) })))
    expect(result).toMatchObject({ pages: 0, zeroPages: 16, ramBytesWritten: 0 })
    expect(statSync(join(folder, 'ram'))).toMatchObject({ size: make.RAM_BYTES, blocks: 0 })
  })

  test('takes pages in any order; the last one sent wins', async () => {
    const order = [9, 3, 3, 15, 0, 3, 9]
    const pages = Buffer.concat(order.map((number, round) => make.dataPage(number, 0x40 + round)))
    const { ram } = await split(make.join(changed({ pages, lastPages: Buffer.alloc(0) })))
    expect([9, 3, 15, 0].map((number) => ram[number * 4096 + 4095])).toEqual([0x46, 0x45, 0x43, 0x44])
  })

  test('takes pages far beyond 4 GiB to their offsets', async () => {
    const ramBytes = 12 * 2 ** 30
    const offset = 9 * 2 ** 30 + 5 * 4096
    const blocks = make.blockList([['ram', ramBytes]])
    const pages = make.ramPage(offset, 8, 'ram', make.page(6))
    await split(
      make.join(changed({ blocks, pages, lastPages: Buffer.alloc(0) })),
      { ramBytes },
      64 << 10,
      false,
    )
    const file = await open(join(folder, 'ram'))
    const { buffer } = await file.read(Buffer.alloc(3 * 4096), 0, 3 * 4096, offset - 4096)
    await file.close()
    expect([buffer[4095], buffer[4096], buffer[8191], buffer[8192]]).toEqual([0, 6, 6, 0])
    expect(statSync(join(folder, 'ram'))).toMatchObject({ size: ramBytes })
  })

  test.each([
    ['/objects/ram', 'ram'],
    ['ram', '/objects/ram'],
  ])('finds block "%s" by the id "%s"', async (inStream, ramBlock) => {
    const blocks = make.blockList([[inStream, make.RAM_BYTES]])
    const pages = make.dataPage(7, 7, inStream)
    const { ram } = await split(make.join(changed({ blocks, pages, lastPages: Buffer.alloc(0) })), {
      ramBlock,
    })
    expect(ram[7 * 4096]).toBe(7)
  })
})

describe('what is not known is refused with its kind and offset', () => {
  const sub = (name: string, body: Buffer) => Buffer.concat([make.u8(5), make.text(name), make.u32(1), body])
  const cases: [what: string, changes: make.Records, message: RegExp, within: string, extra?: number][] = [
    ['magic', { header: make.header(0x12345678) }, /0x12345678/, 'header'],
    ['stream version', { header: make.header(undefined, 4) }, /stream version 0x04/, 'header', 4],
    ['record after the header', { machine: make.u8(9) }, /0x09/, 'machine'],
    ['capability', { capabilities: make.capabilities('mapped-ram') }, /"mapped-ram"/, 'capabilities', 36],
    ['configuration part', { capabilities: sub('configuration/odd', make.u32(0)) }, /odd/, 'capabilities'],
    [
      'page size',
      { capabilities: sub('configuration/target-page-bits', make.u32(14)) },
      /0x0e/,
      'capabilities',
      36,
    ],
    [
      'early section',
      { start: Buffer.concat([make.sectionHead(1), make.sectionName('vfio', 0, 1)]) },
      /"vfio"/,
      'start',
    ],
    [
      'RAM version',
      { start: Buffer.concat([make.sectionHead(1), make.sectionName('ram', 0, 5)]) },
      /0x05/,
      'start',
    ],
    ['record', { part: make.sectionHead(0x33) }, /record 0x33/, 'part'],
    ['record out of place', { part: make.sectionHead(4) }, /section full.* 0x04/, 'part'],
    ['section', { part: make.sectionHead(2, 99) }, /section 0x63/, 'part'],
    ['footer', { partFooter: make.u64(0) }, /footer 0x00/, 'partFooter'],
    ['command', { switchover: make.command(12) }, /command 0x0c/, 'switchover'],
    ['return path', { switchover: make.command(1) }, /"open return path" \(0x01\)/, 'switchover'],
    ['postcopy', { switchover: make.command(3, make.u64(0)) }, /"postcopy advise" \(0x03\)/, 'switchover'],
    ['packaged', { switchover: make.command(7, make.u32(0)) }, /"packaged" \(0x07\)/, 'switchover'],
    [
      'xbzrle',
      { pages: make.ramPage(0, 0x40, 'ram', make.page(0)) },
      /xbzrle-compressed page.*0x40/,
      'pages',
    ],
    ['RDMA', { pages: make.ramPage(0, 0x80, undefined, make.page(0)) }, /RDMA hook.*0xa0/, 'pages'],
    ['compress', { pages: make.ramPage(0, 0x100, 'ram', make.page(0)) }, /compressed page.*0x100/, 'pages'],
    ['multifd', { pages: make.u64(0x200) }, /multifd flush.*0x200/, 'pages'],
    ['unnamed flag', { pages: make.u64(0x400) }, /RAM flag 0x400/, 'pages'],
    ['flags together', { pages: make.ramPage(0, 0x0a, 'ram', make.page(0)) }, /combination.*0x0a/, 'pages'],
    ['no flag', { pages: make.u64(0) }, /0x00/, 'pages'],
    ['fill byte', { pages: make.ramPage(0, 2, 'ram', make.u8(0xff)) }, /fill byte.*0xff/, 'pages'],
    ['record among devices', { cpu: make.command(11) }, /command\) among the device state 0x08/, 'cpu'],
    ['kind among devices', { cpu: make.u8(0x55) }, /device state 0x55/, 'cpu'],
  ]
  test.each(cases)('%s', async (_what, changes, message, within, extra = 0) => {
    const parts = changed(changes)
    const failure = await split(make.join(parts)).catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'STREAM_UNKNOWN', message: expect.stringMatching(message) })
    expect((failure as Error).message).toContain(`at byte ${make.offsetOf(parts, within) + extra},`)
    expect((failure as Error).message).not.toContain('\n')
  })
})

describe('what contradicts itself or the options is refused', () => {
  const cases: [what: string, changes: make.Records, message: RegExp][] = [
    ['no x-ignore-shared', { capabilities: Buffer.alloc(0) }, /x-ignore-shared/],
    ['empty machine name', { machine: Buffer.concat([make.u8(7), make.u32(0)]) }, /name is 0 bytes/],
    ['huge machine name', { machine: Buffer.concat([make.u8(7), make.u32(0xffffffff)]) }, /4294967295/],
    ['other RAM size', { blocks: make.blockList([['ram', 4096]]) }, /4096 bytes, not 65536/],
    ['no such block', { blocks: make.blockList([['pc.ram', make.RAM_BYTES]]) }, /0 RAM blocks.*pc\.ram/],
    ['block listed twice', { blocks: make.blockList([['rom', 4096], ['rom', 4096]]) }, /twice/], // prettier-ignore
    ['second list', { startEnd: make.blockList([['ram', make.RAM_BYTES]]) }, /second list/],
    ['page of no block', { pages: make.dataPage(0, 1, 'other') }, /"other"/],
    ['page past the end', { pages: make.dataPage(16, 1) }, /65536 of RAM block "ram", which has 65536/],
    ['ROM page past the end', { pages: make.dataPage(2, 1, 'rom') }, /8192 of RAM block "rom"/],
    ['far page', { pages: make.ramPage(2 ** 52, 8, 'ram', make.page(1)) }, /which has 65536/],
    ['nameless page', { pages: make.ramPage(0, 8, undefined, make.page(1)) }, /names no RAM block/],
    ['wrong footer', { partFooter: make.footer(3) }, /footer of section 3/],
    ['command with payload', { switchover: make.command(11, make.u8(1)) }, /carries 1 bytes/],
    ['device missing', { cpu: Buffer.alloc(0) }, /unknown|record/],
    ['device unknown to the description', { eof: Buffer.concat([make.device('odd', make.u64(1)), make.u8(0)]) }, /lacks|record/], // prettier-ignore
    ['device longer than described', { timer: make.device('timer', Buffer.alloc(13)) }, /does not end where/],
    ['device of another name', { timer: make.device('tamer', Buffer.alloc(12)) }, /"tamer".*"timer"/],
    ['no description', { description: Buffer.alloc(0) }, /does not end with/],
    ['broken description', { description: Buffer.concat([make.u8(6), make.u32(3), Buffer.from('{x}')]) }, /does not end/], // prettier-ignore
    ['size that is none', { description: make.description([{ name: 'timer', instance_id: 0, fields: [{ size: 'x' }] }]) }, /unknown size/], // prettier-ignore
    ['more after the description', { description: Buffer.concat([make.description([]), make.u8(1)]) }, /does not end/], // prettier-ignore
  ]
  test.each(cases)('%s', async (_what, changes, message) => {
    const failure = await split(make.join(changed(changes))).catch((error: unknown) => error)
    expect(failure).toMatchObject({
      code: expect.stringMatching(/^STREAM_(INVALID|UNKNOWN)$/),
      message: expect.stringMatching(message),
    })
  })
})

test('truncated anywhere, it is refused', async () => {
  const stream = make.join(make.records())
  for (let length = 0; length < stream.length; length += length % 4096 < 64 ? 1 : 61) {
    const failure = await split(stream.subarray(0, length)).catch((error: unknown) => error)
    expect(failure, `cut at ${length}`).toMatchObject({ code: 'STREAM_INVALID' })
  }
})

describe('ends early', () => {
  /** Gives half of a stream, then nothing, and stays open. */
  const stalled = () => {
    const stream = make.join(make.records())
    const source = new Readable({ read: () => undefined })
    source.push(stream.subarray(0, stream.length / 2))
    return source
  }

  test('when aborted, even while the stream is silent; the source is closed', async () => {
    const source = stalled()
    const reason = new Error('no longer wanted')
    const abort = new AbortController()
    setTimeout(() => abort.abort(reason), 50)
    await expect(split(source, { signal: abort.signal })).rejects.toBe(reason)
    expect(source.destroyed).toBe(true)
  })

  test('at once when aborted before', async () => {
    await expect(split(stalled(), { signal: AbortSignal.abort() })).rejects.toMatchObject({
      name: 'AbortError',
    })
  })

  test('with the error of the source', async () => {
    const source = stalled()
    // On a busy machine it may come before anybody reads.
    source.on('error', () => {})
    setTimeout(() => source.destroy(new Error('connection lost')), 50)
    await expect(split(source)).rejects.toThrow('connection lost')
  })

  test('when the disk is full', async () => {
    const full = await open('/dev/full', 'w')
    try {
      const failure = split(make.join(make.records()), { state: full })
      await expect(failure).rejects.toMatchObject({ code: 'DISK_FULL' })
    } finally {
      await full.close()
    }
  })

  test('when the RAM file cannot be written', async () => {
    const file = await open(join(folder, 'readonly'), 'w')
    await file.close()
    const readonly = await open(join(folder, 'readonly'), 'r')
    try {
      await expect(split(make.join(make.records()), { ramFile: readonly })).rejects.toThrow()
    } finally {
      await readonly.close()
    }
  })
})
