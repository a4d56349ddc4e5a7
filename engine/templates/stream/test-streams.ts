/** Makes small migration streams, right or wrong in one place, for the splitter's tests. */
import { PAGE_SIZE } from './format.ts'

export const RAM_BLOCK = 'ram'
export const RAM_BYTES = 16 * PAGE_SIZE
export const ROM_BYTES = 2 * PAGE_SIZE
export const MACHINE = 'pc-i440fx-7.2'
const RAM_SECTION = 2
const DEVICE_SECTION = 7

export const u8 = (value: number) => Buffer.from([value])
export const u16 = (value: number) => Buffer.from([value >> 8, value & 0xff])
export function u32(value: number): Buffer {
  const data = Buffer.alloc(4)
  data.writeUInt32BE(value >>> 0)
  return data
}
export function u64(value: number): Buffer {
  const data = Buffer.alloc(8)
  data.writeBigUInt64BE(BigInt(value))
  return data
}
export const text = (value: string) => Buffer.concat([u8(value.length), Buffer.from(value, 'latin1')])
export const page = (fill: number) => Buffer.alloc(PAGE_SIZE, fill)

/** Records of a stream in order; tests replace one by its name. */
export type Records = Record<string, Buffer>

export const header = (magic = 0x5145564d, version = 3) => Buffer.concat([u32(magic), u32(version)])

export const capabilities = (...names: string[]) =>
  Buffer.concat([u8(5), text('configuration/capabilities'), u32(1), u32(names.length), ...names.map(text)])

export const sectionHead = (kind: number, id = RAM_SECTION) => Buffer.concat([u8(kind), u32(id)])
export const sectionName = (name: string, instance: number, version: number) =>
  Buffer.concat([text(name), u32(instance), u32(version)])
export const footer = (id = RAM_SECTION) => Buffer.concat([u8(0x7e), u32(id)])
export const command = (number: number, payload: Buffer = Buffer.alloc(0)) =>
  Buffer.concat([u8(8), u16(number), u16(payload.length), payload])

export const blockList = (blocks: [name: string, bytes: number][]) =>
  Buffer.concat([
    u64(blocks.reduce((sum, [, bytes]) => sum + bytes, 4)),
    ...blocks.map(([name, bytes]) => Buffer.concat([text(name), u64(bytes), u64(0)])),
  ])
export const END = u64(0x10)

/** A word, the block's name unless the page continues the block before it, and what follows. */
export const ramPage = (offset: number, flags: number, block: string | undefined, data: Buffer) =>
  Buffer.concat([
    u64(offset + flags + (block === undefined ? 0x20 : 0)),
    block ? text(block) : u8(0).subarray(1),
    data,
  ])
export const dataPage = (number: number, fill: number, block: string | undefined = RAM_BLOCK) =>
  ramPage(number * PAGE_SIZE, 8, block, page(fill))
export const zeroPage = (number: number, block: string | undefined = RAM_BLOCK) =>
  ramPage(number * PAGE_SIZE, 2, block, u8(0))

export const device = (name: string, data: Buffer, id = DEVICE_SECTION) =>
  Buffer.concat([sectionHead(4, id), sectionName(name, 0, 1), data, footer(id)])

export const description = (devices: unknown[], pageSize = PAGE_SIZE) => {
  const json = Buffer.from(JSON.stringify({ page_size: pageSize, devices }))
  return Buffer.concat([u8(6), u32(json.length), json])
}

/** A stream that is right: its records, in order. */
export function records(): Records {
  return {
    header: header(),
    machine: Buffer.concat([u8(7), u32(MACHINE.length), Buffer.from(MACHINE)]),
    capabilities: capabilities('x-ignore-shared'),
    start: Buffer.concat([sectionHead(1), sectionName('ram', 0, 4)]),
    blocks: blockList([
      [RAM_BLOCK, RAM_BYTES],
      ['img', 2 * PAGE_SIZE],
      ['rom', ROM_BYTES],
    ]),
    startEnd: END,
    startFooter: footer(),
    part: sectionHead(2),
    pages: Buffer.concat([
      dataPage(0, 1),
      ramPage(PAGE_SIZE, 8, undefined, page(2)),
      zeroPage(2),
      dataPage(1, 9, 'rom'),
      dataPage(5, 3),
    ]),
    partEnd: END,
    partFooter: footer(),
    switchover: command(11),
    end: sectionHead(3),
    // Sent before: data to zero, zero to data, other data.
    lastPages: Buffer.concat([zeroPage(0), dataPage(2, 4), dataPage(5, 5)]),
    endEnd: END,
    endFooter: footer(),
    timer: device('timer', Buffer.alloc(12, 1)),
    cpu: device(
      'cpu',
      Buffer.concat([Buffer.alloc(10, 2), u8(5), text('cpu/sub'), u32(1), Buffer.alloc(3)]),
      8,
    ),
    eof: u8(0),
    description: description([
      {
        name: 'timer',
        instance_id: 0,
        vmsd_name: 'timer',
        version: 1,
        fields: [{ name: 't', size: 4, array_len: 3 }],
      },
      {
        name: 'cpu',
        instance_id: 0,
        vmsd_name: 'cpu',
        version: 1,
        fields: [{ name: 'r', size: 10 }],
        subsections: [{ vmsd_name: 'cpu/sub', version: 1, fields: [{ name: 's', size: 3 }] }],
      },
    ]),
  }
}

/** What the RAM file must hold after the split of `records()`. */
export function expectedRam(): Buffer {
  const ram = Buffer.alloc(RAM_BYTES)
  for (const [number, fill] of [
    [1, 2],
    [2, 4],
    [5, 5],
  ] as const) {
    ram.fill(fill, number * PAGE_SIZE, (number + 1) * PAGE_SIZE)
  }
  return ram
}

export const join = (parts: Records) => Buffer.concat(Object.values(parts))

/** Offset of a record in the joined stream. */
export function offsetOf(parts: Records, name: string): number {
  let offset = 0
  for (const [key, value] of Object.entries(parts)) {
    if (key === name) return offset
    offset += value.length
  }
  throw new Error(`no record ${name}`)
}

export function* slices(data: Buffer, size: number): Generator<Buffer> {
  for (let start = 0; start < data.length; start += size) yield data.subarray(start, start + size)
}
