const BLOCK = 512

export interface TarFile {
  name: string
  /** `0` a file, `5` a folder, `2` a link; others as tar has them. */
  type: string
  content: Uint8Array
  /** Its header with the ones before that belong to it, so that it can be written back as it was. */
  headers: Uint8Array
}

/** The first entry of an archive; undefined where there is none. */
export function firstFile(archive: Uint8Array): TarFile | undefined {
  for (let at = 0; at + BLOCK <= archive.length;) {
    const header = archive.subarray(at, at + BLOCK)
    if (header[0] === 0) return undefined
    const size = octal(header.subarray(124, 136))
    const type = String.fromCharCode(header[156]! || 48)
    const content = archive.subarray(at + BLOCK, at + BLOCK + size)
    const end = at + BLOCK + Math.ceil(size / BLOCK) * BLOCK
    // Extended headers say more about the entry behind them.
    if ('xgLK'.includes(type)) at = end
    else
      return { name: string(header.subarray(0, 100)), type, content, headers: archive.slice(0, at + BLOCK) }
  }
  return undefined
}

/** An archive of a file as it was, with other content. */
export function rewritten(file: TarFile, content: Uint8Array): Uint8Array {
  const headers = file.headers.slice()
  const last = headers.subarray(headers.length - BLOCK)
  write(last, 124, `${content.length.toString(8).padStart(11, '0')}\0`)
  sum(last)
  return closed(headers, content)
}

/** An archive of one new file, or of a folder (a name that ends in a slash). */
export function newFile(name: string, content: Uint8Array, mtime: number): Uint8Array {
  const folder = name.endsWith('/')
  const encoded = new TextEncoder().encode(name)
  const long = encoded.length > 100 ? [longName(encoded)] : []
  const header = new Uint8Array(BLOCK)
  header.set(encoded.subarray(0, 100), 0)
  write(header, 100, folder ? '0000755\0' : '0000644\0')
  write(header, 108, '0000000\0')
  write(header, 116, '0000000\0')
  write(header, 124, `${content.length.toString(8).padStart(11, '0')}\0`)
  write(
    header,
    136,
    `${Math.floor(mtime / 1000)
      .toString(8)
      .padStart(11, '0')}\0`,
  )
  write(header, 156, folder ? '5' : '0')
  write(header, 257, 'ustar\u000000')
  sum(header)
  const headers = new Uint8Array(long.reduce((length, each) => length + each.length, BLOCK))
  let at = 0
  for (const part of [...long, header]) {
    headers.set(part, at)
    at += part.length
  }
  return closed(headers, content)
}

/** GNU's way to say a long name: an entry whose content it is. */
function longName(name: Uint8Array): Uint8Array {
  const entry = new Uint8Array(BLOCK + Math.ceil((name.length + 1) / BLOCK) * BLOCK)
  write(entry, 0, '././@LongLink')
  write(entry, 124, `${(name.length + 1).toString(8).padStart(11, '0')}\0`)
  write(entry, 156, 'L')
  write(entry, 257, 'ustar  \0')
  sum(entry.subarray(0, BLOCK))
  entry.set(name, BLOCK)
  return entry
}

function closed(headers: Uint8Array, content: Uint8Array): Uint8Array {
  const whole = new Uint8Array(headers.length + Math.ceil(content.length / BLOCK) * BLOCK + 2 * BLOCK)
  whole.set(headers)
  whole.set(content, headers.length)
  return whole
}

function sum(header: Uint8Array): void {
  header.fill(32, 148, 156)
  const total = header.reduce((sofar, each) => sofar + each, 0)
  write(header, 148, `${total.toString(8).padStart(6, '0')}\0 `)
}

function write(bytes: Uint8Array, at: number, text: string): void {
  for (let index = 0; index < text.length; index++) bytes[at + index] = text.charCodeAt(index)
}

const string = (bytes: Uint8Array): string => new TextDecoder().decode(bytes).replace(/\0.*$/s, '')

function octal(bytes: Uint8Array): number {
  // A size that octal digits cannot say stands as a number with the top bit set.
  if (bytes[0]! & 0x80) return bytes.subarray(1).reduce((value, each) => value * 256 + each, bytes[0]! & 0x7f)
  return parseInt(string(bytes).trim() || '0', 8)
}
