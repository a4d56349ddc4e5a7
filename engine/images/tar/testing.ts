/** Makes tar archives for tests: valid ones, and by `header` and `pax` such as no tar would write. */
export interface TarSpec {
  path: string
  type?: 'file' | 'link' | 'symlink' | 'char' | 'block' | 'directory' | 'fifo'
  data?: Buffer | string
  link?: string
  mode?: number
  uid?: number
  gid?: number
  /** Seconds since 1970. */
  mtime?: number
  major?: number
  minor?: number
  xattrs?: Record<string, Buffer | string>
  /** Further PAX records, or others in place of those made here. */
  pax?: Record<string, Buffer | string>
  /** Changes the header block before its checksum is made. */
  header?(block: Buffer): void
}

const BLOCK = 512
const FLAGS = {
  file: '0',
  link: '1',
  symlink: '2',
  char: '3',
  block: '4',
  directory: '5',
  fifo: '6',
} as const

/** A whole archive with its end mark. */
export const tar = (entries: TarSpec[]): Buffer => Buffer.concat([...entries.map(tarEntry), tarEnd()])

export const tarEnd = (): Buffer => Buffer.alloc(2 * BLOCK)

export function tarEntry(spec: TarSpec): Buffer {
  const data = Buffer.from(spec.data ?? '')
  const records = paxRecords(spec)
  const parts: Buffer[] = []
  if (records.length > 0) {
    parts.push(tarHeader({ path: 'PaxHeaders/0' }, records.length, 'x'), records, fill(records.length))
  }
  parts.push(tarHeader(spec, data.length), data, fill(data.length))
  return Buffer.concat(parts)
}

/** The header block alone; `size` bytes and their fill must follow. */
export function tarHeader(spec: TarSpec, size: number, flag: string = FLAGS[spec.type ?? 'file']): Buffer {
  const block = Buffer.alloc(BLOCK)
  const mode = spec.mode ?? (spec.type === 'directory' ? 0o755 : 0o644)
  Buffer.from(spec.path).copy(block, 0, 0, 100)
  octal(block, mode, 100, 8)
  octal(block, spec.uid ?? 0, 108, 8)
  octal(block, spec.gid ?? 0, 116, 8)
  octal(block, size, 124, 12)
  octal(block, spec.mtime ?? 1_700_000_000, 136, 12)
  block.write(flag, 156, 'latin1')
  Buffer.from(spec.link ?? '').copy(block, 157, 0, 100)
  block.write('ustar\x0000', 257, 'latin1')
  octal(block, spec.major ?? 0, 329, 8)
  octal(block, spec.minor ?? 0, 337, 8)
  spec.header?.(block)
  block.fill(' ', 148, 156)
  octal(block, block.reduce((sum, byte) => sum + byte, 0), 148, 8) // prettier-ignore
  return block
}

export const fill = (size: number): Buffer => Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK)

function octal(block: Buffer, value: number, at: number, length: number): void {
  const digits = value.toString(8)
  // What does not fit is given in base-256, as GNU tar does.
  if (digits.length < length) block.write(digits.padStart(length - 1, '0'), at, 'latin1')
  else {
    block[at] = 0x80
    block.writeUIntBE(value, at + length - 6, 6)
  }
}

function paxRecords(spec: TarSpec): Buffer {
  const records: Record<string, Buffer | string> = {}
  if (Buffer.byteLength(spec.path) > 100) records['path'] = spec.path
  if (Buffer.byteLength(spec.link ?? '') > 100) records['linkpath'] = spec.link!
  for (const [name, value] of Object.entries(spec.xattrs ?? {})) records[`SCHILY.xattr.${name}`] = value
  return Buffer.concat(
    Object.entries({ ...records, ...spec.pax }).map(([key, value]) => paxRecord(key, value)),
  )
}

export function paxRecord(key: string, value: Buffer | string): Buffer {
  const rest = Buffer.concat([Buffer.from(` ${key}=`), Buffer.from(value), Buffer.from('\n')])
  let length = rest.length + 1
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length
  return Buffer.concat([Buffer.from(String(length)), rest])
}
