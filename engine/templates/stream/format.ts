/**
 * The parts of QEMU's migration stream that the splitter knows: facts of the format, QEMU 7.2 to 11.1.
 * All integers in the stream are big-endian.
 */
export const FILE_MAGIC = 0x5145564d // "QEVM"
export const FILE_VERSION = 3
export const RAM_SECTION_VERSION = 4

/** Pages of x86, which has no other target page size. */
export const PAGE_BITS = 12
export const PAGE_SIZE = 1 << PAGE_BITS

export const RECORD = {
  EOF: 0x00,
  SECTION_START: 0x01,
  SECTION_PART: 0x02,
  SECTION_END: 0x03,
  SECTION_FULL: 0x04,
  SUBSECTION: 0x05,
  VMDESCRIPTION: 0x06,
  CONFIGURATION: 0x07,
  COMMAND: 0x08,
  SECTION_FOOTER: 0x7e,
} as const

/** Flags in the low bits of a RAM word; the rest of the word is an offset, or the total size for `MEM_SIZE`. */
export const RAM_FLAG = {
  ZERO: 0x02,
  MEM_SIZE: 0x04,
  PAGE: 0x08,
  END: 0x10,
  /** The page belongs to the block that the page before it named. */
  CONTINUE: 0x20,
} as const

/** Flags that QEMU defines but never sends for a migration as the engine starts it. */
const REFUSED_RAM_FLAGS: ReadonlyMap<number, string> = new Map([
  [0x01, 'obsolete full page'],
  [0x40, 'xbzrle-compressed page'],
  [0x80, 'RDMA hook'],
  [0x100, 'compressed page'],
  [0x200, 'multifd flush'],
])

/** Sent once between the last sections by QEMU 10.0 and later; it has no payload, and any clone may read it. */
export const SWITCHOVER_START = 11

const COMMANDS: ReadonlyMap<number, string> = new Map([
  [1, 'open return path'],
  [2, 'ping'],
  [3, 'postcopy advise'],
  [4, 'postcopy listen'],
  [5, 'postcopy run'],
  [6, 'postcopy RAM discard'],
  [7, 'packaged'],
  [8, 'enable COLO'],
  [9, 'postcopy resume'],
  [10, 'receive bitmap'],
  [SWITCHOVER_START, 'switchover start'],
])

const RECORDS: ReadonlyMap<number, string> = new Map(
  Object.entries(RECORD).map(([name, kind]) => [kind, name.toLowerCase().replaceAll('_', ' ')]),
)

export const recordName = (kind: number) => RECORDS.get(kind)
export const commandName = (command: number) => COMMANDS.get(command)

/** Names of the refused flags among `flags`, or undefined where some bit has no name. */
export function refusedFlagNames(flags: number): string | undefined {
  const names: string[] = []
  let rest = flags
  for (const [bit, name] of REFUSED_RAM_FLAGS) {
    if ((flags & bit) === 0) continue
    names.push(name)
    rest &= ~bit
  }
  return rest === 0 && names.length > 0 ? names.join(', ') : undefined
}
