const BLOCK = 512
const NAME_BYTES = 100

export interface TarEntry {
  /** Relative, at most 100 bytes. */
  path: string
  mode?: number
  /** A file with this content; with neither content nor target it is a folder. */
  content?: Buffer
  /** A symbolic link to this. */
  target?: string
}

/** A ustar archive, the same bytes for the same entries: owned by root, of time 0. Throws for a name that is too long. */
export function tar(entries: TarEntry[]): Buffer {
  const blocks = entries.flatMap((entry) => {
    const content = entry.content ?? Buffer.alloc(0)
    return [header(entry, content.length), content, Buffer.alloc(-content.length & (BLOCK - 1))]
  })
  return Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK)])
}

function header({ path, mode, content, target }: TarEntry, size: number): Buffer {
  const type = target !== undefined ? '2' : content ? '0' : '5'
  const block = Buffer.alloc(BLOCK)
  const text = (value: string, at: number, bytes: number): void => {
    if (Buffer.byteLength(value) > bytes) throw new RangeError(`'${value}' does not fit into a tar header`)
    block.write(value, at)
  }
  const octal = (value: number, at: number, bytes: number): void =>
    text(`${value.toString(8).padStart(bytes - 1, '0')}\0`, at, bytes)
  text(type === '5' ? `${path}/` : path, 0, NAME_BYTES)
  octal(mode ?? (type === '0' ? 0o644 : 0o755), 100, 8)
  octal(0, 108, 8)
  octal(0, 116, 8)
  octal(size, 124, 12)
  octal(0, 136, 12)
  text(type, 156, 1)
  text(target ?? '', 157, NAME_BYTES)
  text('ustar\x0000', 257, 8)
  // The checksum is taken with spaces in its place.
  text(' '.repeat(8), 148, 8)
  const sum = block.reduce((total, byte) => total + byte, 0)
  text(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 8)
  return block
}
