const BLOCK = 512

/**
 * The header of a plain file, of mode 0644 and owned by root; `size` bytes and their padding must follow. Names have at
 * most 100 bytes, which is all that image archives need. Throws RangeError for a longer one.
 */
export function fileHeader(path: string, size: number): Buffer {
  return header(path, { size, mode: 0o644, flag: '0' })
}

/** A folder, of mode 0755; nothing follows. */
export function folderHeader(path: string): Buffer {
  return header(`${path}/`, { size: 0, mode: 0o755, flag: '5' })
}

function header(path: string, { size, mode, flag }: { size: number; mode: number; flag: string }): Buffer {
  if (Buffer.byteLength(path) > 100) throw new RangeError(`${path} is too long for a tar header`)
  const block = Buffer.alloc(BLOCK)
  block.write(path)
  number(block, mode, 100, 8)
  number(block, 0, 108, 8)
  number(block, 0, 116, 8)
  number(block, size, 124, 12)
  number(block, 0, 136, 12)
  block.write(flag, 156)
  block.write('ustar\x0000', 257)
  block.fill(' ', 148, 156)
  const sum = block.reduce((all, byte) => all + byte, 0)
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return block
}

/** The zeros that fill the last block of a file of `size` bytes. */
export const padding = (size: number): Buffer => Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK)

/** The archive's end. */
export const endMark = (): Buffer => Buffer.alloc(2 * BLOCK)

/** Octal; from 8 GiB on, which no 11 digits hold, in base-256 as GNU tar has it. */
function number(block: Buffer, value: number, at: number, length: number): void {
  const digits = value.toString(8)
  if (digits.length < length) {
    block.write(digits.padStart(length - 1, '0'), at)
    return
  }
  block[at] = 0x80
  block.writeUIntBE(value, at + length - 6, 6)
}
