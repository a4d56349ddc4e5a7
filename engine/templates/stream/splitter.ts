import {
  commandName,
  PAGE_SIZE,
  RAM_SECTION_VERSION,
  RECORD,
  recordName,
  SWITCHOVER_START,
} from './format.ts'
import { PageWriter } from './page-writer.ts'
import { deviceSections, readDeviceState } from './device-state.ts'
import { readPreamble } from './preamble.ts'
import { RamSections } from './ram.ts'
import { StreamReader } from './reader.ts'
import { StateWriter } from './state-writer.ts'
import { invalid, refused, unknown } from './stream-error.ts'
import type { MigrationStream, SplitOptions, SplitResult } from './types.ts'

export type { MigrationStream, SplitOptions, SplitResult } from './types.ts'

/**
 * Takes a migration stream apart: pages of the RAM block go to their own offsets in `ramFile`, all else to `state`.
 * Resolves once the stream has ended well and everything is written (not synced).
 * Rejects with STREAM_UNKNOWN on anything that is not known by name, with its kind and its offset in the stream;
 * with STREAM_INVALID where the stream is truncated, contradicts itself or is for another block or size of RAM;
 * with DISK_FULL; with an AbortError. The source is closed then, so QEMU fails the migration and the VM runs on.
 */
export async function splitStream(source: MigrationStream, options: SplitOptions): Promise<SplitResult> {
  const { ramBlock, ramBytes, ramFile, signal } = options
  if (ramBytes % PAGE_SIZE !== 0) throw invalid(`${ramBytes} bytes of RAM are no whole number of pages`, 0)
  const reader = new StreamReader(source, signal)
  const pages = new PageWriter(ramFile, ramBytes)
  const state = new StateWriter(options.state)
  try {
    await ramFile.truncate(ramBytes)
    const preamble = await readPreamble(reader, state)
    const ram = new RamSections(reader, state, pages, { id: ramBlock, bytes: ramBytes })
    await readSections(reader, state, ram)
    await state.append(await readDeviceState(reader))
    await pages.finish()
    const stateSha256 = await state.finish()
    return {
      ...preamble,
      pages: ram.pages,
      zeroPages: ram.zeroPages,
      ramBytesWritten: pages.bytesWritten,
      stateBytes: state.size,
      stateSha256,
    }
  } catch (error) {
    reader.close()
    await pages.idle()
    throw error
  }
}

/**
 * Makes the state of a VM that was frozen while it ran: the beginning is that of the template it was forked from
 * (configuration, list of RAM blocks, firmware), the devices are `devices`, in QEMU's own notation. `state` as in
 * SplitOptions. Rejects with STREAM_UNKNOWN and STREAM_INVALID as above.
 */
export async function joinState(
  template: MigrationStream,
  devices: Buffer,
  options: SplitOptions,
): Promise<{ machine: string; stateBytes: number; stateSha256: string }> {
  const { ramBlock, ramBytes, ramFile, signal } = options
  const reader = new StreamReader(template, signal)
  const state = new StateWriter(options.state)
  try {
    const { machine } = await readPreamble(reader, state)
    const pages = new PageWriter(ramFile, ramBytes)
    const ram = new RamSections(reader, state, pages, { id: ramBlock, bytes: ramBytes })
    await readSections(reader, state, ram)
    if (ram.pages + ram.zeroPages > 0) throw invalid("a template's state that holds guest RAM", 0)
    await state.append(deviceSections(devices))
    return { machine, stateSha256: await state.finish(), stateBytes: state.size }
  } finally {
    reader.close()
  }
}

/** Reads up to the first device's section: those of RAM, and the commands between them. */
async function readSections(reader: StreamReader, state: StateWriter, ram: RamSections): Promise<void> {
  let id: number | undefined
  let ended = false
  for (;;) {
    const at = reader.offset
    await reader.ensure(1, 'a record')
    const kind = reader.chunk.readUInt8(reader.position)
    if (kind === RECORD.SECTION_FULL && ended) return
    if (kind === RECORD.COMMAND) {
      await readCommand(reader, state, at)
      continue
    }
    if (kind === RECORD.SECTION_START && id === undefined) id = await readSectionStart(reader, state, at)
    else if ((kind === RECORD.SECTION_PART || kind === RECORD.SECTION_END) && id !== undefined && !ended) {
      await reader.ensure(5, 'a section')
      const head = reader.bytes(5)
      if (head.readUInt32BE(1) !== id) throw unknown('section', head.readUInt32BE(1), at)
      await state.append(head)
      ended = kind === RECORD.SECTION_END
    } else {
      const name = recordName(kind)
      throw unknown(name ? `record (${name}) at this place` : 'record', kind, at)
    }
    await ram.readSection()
    await readFooter(reader, state, id)
  }
}

async function readSectionStart(reader: StreamReader, state: StateWriter, at: number): Promise<number> {
  await reader.ensure(6, 'a section')
  const nameLength = reader.chunk.readUInt8(reader.position + 5)
  await reader.ensure(6 + nameLength + 8, 'a section')
  const head = reader.bytes(6 + nameLength + 8)
  const name = head.toString('latin1', 6, 6 + nameLength)
  const version = head.readUInt32BE(6 + nameLength + 4)
  if (name !== 'ram') throw unknown('section sent before the devices', name, at)
  if (version !== RAM_SECTION_VERSION) throw unknown('version of the RAM section', version, at)
  await state.append(head)
  return head.readUInt32BE(1)
}

async function readFooter(reader: StreamReader, state: StateWriter, id: number): Promise<void> {
  const at = reader.offset
  await reader.ensure(5, "a section's footer")
  const footer = reader.bytes(5)
  if (footer[0] !== RECORD.SECTION_FOOTER)
    throw unknown("record in place of a section's footer", footer[0]!, at)
  if (footer.readUInt32BE(1) !== id) {
    throw invalid(`the footer of section ${footer.readUInt32BE(1)} ends section ${id}`, at)
  }
  await state.append(footer)
}

async function readCommand(reader: StreamReader, state: StateWriter, at: number): Promise<void> {
  await reader.ensure(5, 'a command')
  const record = reader.bytes(5)
  const command = record.readUInt16BE(1)
  const length = record.readUInt16BE(3)
  const name = commandName(command)
  if (!name) throw unknown('command', command, at)
  if (command !== SWITCHOVER_START) throw refused(`the command "${name}"`, command, at)
  if (length !== 0) throw invalid(`the command "${name}" carries ${length} bytes`, at)
  await state.append(record)
}
