import { FILE_MAGIC, FILE_VERSION, PAGE_BITS, RECORD } from './format.ts'
import type { StreamReader } from './reader.ts'
import type { StateWriter } from './state-writer.ts'
import { invalid, refused, unknown } from './stream-error.ts'

/** Longest name in any part of the stream: lengths are one byte, but for the machine's. */
const MAX_MACHINE_NAME = 255
const SUBSECTION_VERSION = 1
const UUID_BYTES = 16

export interface Preamble {
  streamVersion: number
  machine: string
}

/** Reads the header and the configuration, and keeps both for the clones. */
export async function readPreamble(reader: StreamReader, state: StateWriter): Promise<Preamble> {
  await reader.ensure(8, 'the header')
  const header = reader.bytes(8)
  const magic = header.readUInt32BE(0)
  const streamVersion = header.readUInt32BE(4)
  if (magic !== FILE_MAGIC) throw unknown('start', magic, 0)
  if (streamVersion !== FILE_VERSION) throw unknown('stream version', streamVersion, 4)
  await state.append(header)

  const at = reader.offset
  await reader.ensure(5, 'the configuration')
  const kind = reader.u8()
  if (kind !== RECORD.CONFIGURATION) throw unknown('record in place of the configuration', kind, at)
  const length = reader.u32()
  if (length === 0 || length > MAX_MACHINE_NAME) {
    throw invalid(`the machine type's name is ${length} bytes long`, at + 1)
  }
  await reader.ensure(length, "the machine type's name")
  const machine = reader.bytes(length).toString('latin1')
  const head = Buffer.alloc(5 + length)
  head.writeUInt8(kind, 0)
  head.writeUInt32BE(length, 1)
  head.write(machine, 5, 'latin1')
  await state.append(head)

  const capabilities: string[] = []
  for (;;) {
    await reader.ensure(1, 'the configuration')
    if (reader.chunk.readUInt8(reader.position) !== RECORD.SUBSECTION) break
    await readSubsection(reader, state, capabilities)
  }
  if (!capabilities.includes('x-ignore-shared')) {
    throw invalid('it was made without the capability x-ignore-shared', reader.offset)
  }
  return { streamVersion, machine }
}

async function readSubsection(
  reader: StreamReader,
  state: StateWriter,
  capabilities: string[],
): Promise<void> {
  const at = reader.offset
  const what = 'a part of the configuration'
  await reader.ensure(2, what)
  const nameLength = reader.chunk.readUInt8(reader.position + 1)
  await reader.ensure(2 + nameLength + 4, what)
  const head = reader.bytes(2 + nameLength + 4)
  const name = head.toString('latin1', 2, 2 + nameLength)
  const version = head.readUInt32BE(2 + nameLength)
  await state.append(head)
  const readBody = SUBSECTIONS.get(name)
  if (!readBody) throw unknown('part of the configuration', name, at)
  if (version !== SUBSECTION_VERSION) throw unknown(`version of ${name}`, version, at)
  await readBody(reader, state, capabilities)
}

const SUBSECTIONS: ReadonlyMap<
  string,
  (reader: StreamReader, state: StateWriter, capabilities: string[]) => Promise<void>
> = new Map([
  ['configuration/target-page-bits', readPageBits],
  ['configuration/capabilities', readCapabilities],
  ['configuration/uuid', readUuid],
])

async function readPageBits(reader: StreamReader, state: StateWriter): Promise<void> {
  const at = reader.offset
  await reader.ensure(4, 'the page size')
  const field = reader.bytes(4)
  const bits = field.readUInt32BE(0)
  if (bits !== PAGE_BITS) throw unknown('page size, in bits', bits, at)
  await state.append(field)
}

async function readUuid(reader: StreamReader, state: StateWriter): Promise<void> {
  await reader.ensure(UUID_BYTES, "the VM's UUID")
  await state.append(reader.bytes(UUID_BYTES))
}

async function readCapabilities(reader: StreamReader, state: StateWriter, found: string[]): Promise<void> {
  await reader.ensure(4, 'the capabilities')
  const count = reader.chunk.readUInt32BE(reader.position)
  await state.append(reader.bytes(4))
  for (let i = 0; i < count; i++) {
    const at = reader.offset
    await reader.ensure(1, 'a capability')
    const length = reader.chunk.readUInt8(reader.position)
    await reader.ensure(1 + length, 'a capability')
    const entry = reader.bytes(1 + length)
    const name = entry.toString('latin1', 1)
    if (name !== 'x-ignore-shared') throw refused(`the capability ${JSON.stringify(name)}`, name, at)
    await state.append(entry)
    found.push(name)
  }
}
