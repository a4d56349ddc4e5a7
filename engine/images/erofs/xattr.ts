import { invalidTar, printable } from '../tar/invalid.ts'
import { alignUp, XATTR_HEADER_SIZE, XATTR_PREFIXES } from './format.ts'

/** The kernel gives a file's names no more room than this when it lists them. */
const MAX_BYTES = 64 * 1024

/**
 * The inline xattr area of an inode: header, then entries in the order of their names. Names outside the
 * namespaces that erofs knows are left out, as file systems that lack them do. Undefined when nothing is left.
 * Throws IMAGE_INVALID where it is too large.
 */
export function encodeXattrs(xattrs: Map<string, Buffer>, path: string): Buffer | undefined {
  const parts: Buffer[] = []
  for (const full of [...xattrs.keys()].sort()) {
    const value = xattrs.get(full)!
    const prefix = XATTR_PREFIXES.find(([, text]) =>
      text.endsWith('.') ? full.startsWith(text) : full === text,
    )
    if (!prefix) continue
    const name = Buffer.from(full.slice(prefix[1].length), 'latin1')
    if (name.length > 255 || value.length > MAX_BYTES || (name.length === 0 && prefix[1].endsWith('.'))) {
      invalidTar(`${printable(path)} has an extended attribute that is too large or has no name`)
    }
    const entry = Buffer.alloc(alignUp(4 + name.length + value.length, 4))
    entry[0] = name.length
    entry[1] = prefix[0]
    // 65536 is what the kernel allows at most, and what 16 bits cannot say.
    if (value.length > 0xffff) invalidTar(`${printable(path)} has an extended attribute that is too large`)
    entry.writeUInt16LE(value.length, 2)
    name.copy(entry, 4)
    value.copy(entry, 4 + name.length)
    parts.push(entry)
  }
  if (parts.length === 0) return undefined
  const area = Buffer.concat([Buffer.alloc(XATTR_HEADER_SIZE), ...parts])
  if (area.length > MAX_BYTES)
    invalidTar(`${printable(path)} has more than ${MAX_BYTES} bytes of extended attributes`)
  return area
}

/** What i_xattr_icount holds for an area of this many bytes. */
export const xattrCount = (bytes: number): number => (bytes === 0 ? 0 : 1 + (bytes - XATTR_HEADER_SIZE) / 4)
