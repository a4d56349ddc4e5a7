import { FILE_MAGIC, FILE_VERSION, RECORD, recordName } from './format.ts'
import type { StreamReader } from './reader.ts'
import { invalid, unknown } from './stream-error.ts'

/** Some 0.5 MB in practice; the limit keeps a stream gone wrong from filling the engine's memory. */
const MAX_BYTES = 64 << 20
const SECTION_OVERHEAD = 4 + 4 + 4
const FOOTER_BYTES = 5

/** What the JSON at the stream's end says of one part: sizes in bytes, in the order of the stream. */
interface PartDescription {
  name?: string
  instance_id?: number
  vmsd_name?: string
  fields?: { size: number; array_len?: number }[]
  subsections?: PartDescription[]
}

/**
 * Reads the rest of the stream, which is the devices' sections, the end mark, and their description as JSON.
 * Sections do not carry their length; the description does, so each is checked against it, from first to last:
 * a state that is truncated or holds anything else is refused.
 */
export async function readDeviceState(reader: StreamReader): Promise<Buffer> {
  const start = reader.offset
  const parts: Buffer[] = []
  let size = 0
  while (await reader.more()) {
    const part = reader.bytes(reader.available)
    size += part.length
    if (size > MAX_BYTES) throw invalid(`its device state is larger than ${MAX_BYTES} bytes`, start)
    parts.push(part)
  }
  const data = parts.length === 1 ? parts[0]! : Buffer.concat(parts, size)
  const { devices, end } = readDescription(data, start)
  let position = 0
  for (const device of devices) position = checkSection(data, position, device, start)
  if (position < end && data[position] !== RECORD.EOF) throw misplaced(data[position]!, start + position)
  if (position + 1 !== end) {
    throw invalid(`${end - position - 1} bytes of device state that its description lacks`, start + position)
  }
  return data
}

/**
 * The devices' sections of a file that QEMU wrote with `xen-save-devices-state`: a header, full sections, the end
 * mark. It has no description, so its sections cannot be told apart; QEMU checks them when it loads them. An empty
 * description is put behind them, which QEMU looks for.
 */
export function deviceSections(data: Buffer): Buffer {
  if (data.length < 10) throw invalid(`a state of devices of ${data.length} bytes`, 0)
  if (data.readUInt32BE(0) !== FILE_MAGIC) throw unknown('start', data.readUInt32BE(0), 0)
  if (data.readUInt32BE(4) !== FILE_VERSION) throw unknown('stream version', data.readUInt32BE(4), 4)
  if (data[8] !== RECORD.SECTION_FULL) throw misplaced(data[8]!, 8)
  if (data.at(-1) !== RECORD.EOF) throw invalid('a state of devices without its end mark', data.length - 1)
  const description = Buffer.from('\x06\0\0\0\x02{}', 'latin1')
  return Buffer.concat([data.subarray(8), description])
}

/** Finds the description: text without NUL, which ends with the stream and is preceded by 00, 06 and its length. */
function readDescription(data: Buffer, start: number): { devices: PartDescription[]; end: number } {
  const lastNul = data.lastIndexOf(0)
  for (let json = lastNul + 1; json <= lastNul + 6 && json < data.length; json++) {
    const end = json - 5
    if (end < 1 || data[end] !== RECORD.VMDESCRIPTION || data[end - 1] !== RECORD.EOF) continue
    if (data.readUInt32BE(json - 4) !== data.length - json) continue
    try {
      const { page_size: pageSize, devices } = JSON.parse(data.toString('utf8', json)) as {
        page_size?: number
        devices?: PartDescription[]
      }
      if (typeof pageSize === 'number' && Array.isArray(devices)) return { devices, end }
    } catch {
      // Not the description, then: said below.
    }
  }
  throw invalid(
    `its device state (${data.length} bytes) does not end with the end mark and its description`,
    start + data.length,
  )
}

/** Checks the section of one device; answers the position after it. */
function checkSection(data: Buffer, position: number, device: PartDescription, start: number): number {
  const at = start + position
  const label = `the section of device "${device.name}"`
  const kind = data[position]
  if (kind !== RECORD.SECTION_FULL) throw misplaced(kind ?? RECORD.EOF, at)
  if (position + 6 > data.length) throw invalid(`${label} is cut short`, at)
  const nameLength = data[position + 5]!
  const body = position + 2 + nameLength + SECTION_OVERHEAD
  const end = body + sizeOf(device, at) + FOOTER_BYTES
  if (end > data.length) throw invalid(`${label} is cut short`, at)
  const id = data.readUInt32BE(position + 1)
  const name = data.toString('latin1', position + 6, position + 6 + nameLength)
  const instance = data.readUInt32BE(position + 6 + nameLength)
  if (name !== device.name || instance !== device.instance_id! >>> 0) {
    throw invalid(`a section of "${name}" where its description has ${label}`, at)
  }
  const footer = end - FOOTER_BYTES
  if (data[footer] !== RECORD.SECTION_FOOTER || data.readUInt32BE(footer + 1) !== id) {
    throw invalid(`${label} does not end where its description says`, start + footer)
  }
  return end
}

/** Bytes of a part without its own header: its fields, then its subsections, each with kind, name and version. */
function sizeOf(part: PartDescription, at: number): number {
  let size = 0
  for (const field of part.fields ?? []) {
    const bytes = field.size * (field.array_len ?? 1)
    if (!Number.isSafeInteger(bytes) || bytes < 0)
      throw invalid('a device of unknown size in its description', at)
    size += bytes
  }
  for (const subsection of part.subsections ?? []) {
    if (typeof subsection.vmsd_name !== 'string') throw invalid('a nameless part in its description', at)
    size += 2 + Buffer.byteLength(subsection.vmsd_name) + 4 + sizeOf(subsection, at)
  }
  return size
}

function misplaced(kind: number, at: number): Error {
  const name = recordName(kind)
  return unknown(name ? `record (${name}) among the device state` : 'record among the device state', kind, at)
}
