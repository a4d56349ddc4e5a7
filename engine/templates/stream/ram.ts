import { PAGE_SIZE, RAM_FLAG, refusedFlagNames } from './format.ts'
import type { PageWriter } from './page-writer.ts'
import type { StreamReader } from './reader.ts'
import type { StateWriter } from './state-writer.ts'
import { invalid, refused, unknown } from './stream-error.ts'

const FLAGS_MASK = PAGE_SIZE - 1
const KNOWN_FLAGS = RAM_FLAG.ZERO | RAM_FLAG.MEM_SIZE | RAM_FLAG.PAGE | RAM_FLAG.END | RAM_FLAG.CONTINUE
const WORD_BYTES = 8

interface Block {
  /** Length byte and name, as the stream gives it. */
  id: Buffer
  bytes: number
  /** Its pages go to the RAM file; those of all other blocks (firmware, ROMs, ACPI tables) stay in the state. */
  isGuestRam: boolean
}

/** Reads the RAM sections, one after the other: pages of guest RAM to the RAM file, the rest to the state. */
export class RamSections {
  pages = 0
  zeroPages = 0
  private readonly blocks = new Map<string, Block>()
  private current: Block | undefined
  private readonly reader: StreamReader
  private readonly state: StateWriter
  private readonly file: PageWriter
  private readonly guestRam: { id: string; bytes: number }

  constructor(
    reader: StreamReader,
    state: StateWriter,
    file: PageWriter,
    guestRam: { id: string; bytes: number },
  ) {
    this.reader = reader
    this.state = state
    this.file = file
    this.guestRam = guestRam
  }

  /** Reads the words of one section up to and with its end mark. */
  async readSection(): Promise<void> {
    const { reader } = this
    for (;;) {
      if (reader.available < WORD_BYTES) await reader.ensure(WORD_BYTES, 'a RAM word')
      const at = reader.offset
      const high = reader.u32()
      const low = reader.u32()
      const flags = low & FLAGS_MASK
      const address = high * 2 ** 32 + (low - flags)
      switch (flags) {
        case RAM_FLAG.PAGE:
        case RAM_FLAG.ZERO:
          await this.readBlockId(at)
          await this.readPage(address, flags, at)
          break
        case RAM_FLAG.PAGE | RAM_FLAG.CONTINUE:
        case RAM_FLAG.ZERO | RAM_FLAG.CONTINUE: {
          // The most frequent words by far: no promise unless one is needed.
          const wait = this.readPage(address, flags & ~RAM_FLAG.CONTINUE, at)
          if (wait) await wait
          break
        }
        case RAM_FLAG.MEM_SIZE:
          await this.readBlockList(address, at)
          break
        case RAM_FLAG.END:
          if (address !== 0) throw invalid(`a RAM section's end mark carries the address ${address}`, at)
          await this.keepWord(0, flags)
          return
        default:
          throw badFlags(flags, at)
      }
    }
  }

  private async readBlockId(at: number): Promise<void> {
    const { reader } = this
    await reader.ensure(1, "a RAM block's name")
    const length = reader.chunk.readUInt8(reader.position)
    await reader.ensure(1 + length, "a RAM block's name")
    const name = reader.bytes(1 + length).toString('latin1', 1)
    this.current = this.blocks.get(name)
    if (!this.current) throw invalid(`a page of RAM block "${name}", which its list of blocks lacks`, at)
  }

  /** Answers a promise only where it has to wait. */
  private readPage(address: number, kind: number, at: number): Promise<void> | undefined {
    const block = this.current
    if (!block) throw invalid('its first page names no RAM block', at)
    if (address + PAGE_SIZE > block.bytes) {
      throw invalid(
        `a page at ${address} of RAM block "${nameOf(block)}", which has ${block.bytes} bytes`,
        at,
      )
    }
    const size = kind === RAM_FLAG.PAGE ? PAGE_SIZE : 1
    const ready = this.reader.available >= size && (!block.isGuestRam || this.file.accepts(address))
    if (ready && block.isGuestRam) return void this.takeGuestPage(address, kind, at)
    return this.readPageSlowly(block, address, kind, size, at)
  }

  private async readPageSlowly(block: Block, address: number, kind: number, size: number, at: number) {
    const { reader, file } = this
    await reader.ensure(size, 'a page')
    if (!block.isGuestRam) return this.keepPage(block, address, kind, size)
    if (!file.accepts(address)) await file.flush()
    this.takeGuestPage(address, kind, at)
  }

  private takeGuestPage(address: number, kind: number, at: number): void {
    const { reader, file } = this
    if (kind === RAM_FLAG.PAGE) {
      file.put(address, reader.chunk, reader.position)
      reader.position += PAGE_SIZE
      this.pages++
      return
    }
    const fill = reader.u8()
    if (fill !== 0) throw unknown('fill byte of a zero page', fill, at)
    if (file.isStored(address)) file.putZero(address)
    this.zeroPages++
  }

  /** Kept pages name their block: the page before them in the stream may have gone to the RAM file. */
  private async keepPage(block: Block, address: number, kind: number, size: number): Promise<void> {
    await this.keepWord(address, kind)
    await this.state.append(block.id)
    await this.state.append(this.reader.bytes(size))
  }

  private async keepWord(address: number, flags: number): Promise<void> {
    const word = Buffer.allocUnsafe(WORD_BYTES)
    word.writeUInt32BE(Math.floor(address / 2 ** 32), 0)
    word.writeUInt32BE(((address % 2 ** 32) | flags) >>> 0, 4)
    await this.state.append(word)
  }

  /** Name, length and guest address of each block, shared ones too; of the latter no pages follow. */
  private async readBlockList(total: number, at: number): Promise<void> {
    const { reader, guestRam } = this
    if (this.blocks.size > 0) throw invalid('a second list of RAM blocks', at)
    await this.keepWord(total, RAM_FLAG.MEM_SIZE)
    let left = total
    while (left > 0) {
      await reader.ensure(1, 'the list of RAM blocks')
      const length = reader.chunk.readUInt8(reader.position)
      await reader.ensure(1 + length + 16, 'the list of RAM blocks')
      const entry = reader.bytes(1 + length + 16)
      const name = entry.toString('latin1', 1, 1 + length)
      const bytes = Number(entry.readBigUInt64BE(1 + length))
      if (this.blocks.has(name)) throw invalid(`RAM block "${name}" is listed twice`, at)
      if (bytes === 0 || bytes > left) throw invalid(`RAM block "${name}" is listed with ${bytes} bytes`, at)
      const isGuestRam =
        name === guestRam.id || name === `/objects/${guestRam.id}` || `/objects/${name}` === guestRam.id
      if (isGuestRam && bytes !== guestRam.bytes) {
        throw invalid(`RAM block "${name}" has ${bytes} bytes, not ${guestRam.bytes}`, at)
      }
      this.blocks.set(name, { id: Buffer.from(entry.subarray(0, 1 + length)), bytes, isGuestRam })
      await this.state.append(entry)
      left -= bytes
    }
    const matches = [...this.blocks.values()].filter((block) => block.isGuestRam).length
    if (matches !== 1) {
      const names = [...this.blocks.keys()].join(', ')
      throw invalid(`it lists ${matches} RAM blocks named "${guestRam.id}" (listed: ${names})`, at)
    }
  }
}

const nameOf = (block: Block) => block.id.toString('latin1', 1)

function badFlags(flags: number, at: number): Error {
  const known = flags & KNOWN_FLAGS
  const names = refusedFlagNames(flags & ~KNOWN_FLAGS)
  if (names) return refused(`${names}, a RAM flag`, flags, at)
  return unknown(known === flags ? 'combination of RAM flags' : 'RAM flag', flags, at)
}
