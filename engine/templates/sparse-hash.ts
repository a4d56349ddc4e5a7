import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { promisify } from 'node:util'

const PAGE = 4096
const ZEROS = Buffer.alloc(PAGE)
const READ = 256 * PAGE

/**
 * Hex SHA-256 of a sparse file: of each page that is not all zero its offset, its length and its bytes. Holes are not
 * read: that would fill the page cache with zeros that nobody asked for. Where they lie does not count: a file system
 * may tell the same zeros as data while it has them in its cache, and as a hole later.
 */
export async function hashSparseFile(file: string): Promise<string> {
  const hash = createHash('sha256')
  const buffer = Buffer.allocUnsafe(READ)
  const stretches = await dataStretches(file)
  await using handle = await open(file)
  for (const { start, end } of stretches) {
    for (let at = start; at < end; at += READ) {
      const { bytesRead } = await handle.read(buffer, 0, Math.min(READ, end - at), at)
      for (let offset = 0; offset < bytesRead; offset += PAGE) {
        const page = buffer.subarray(offset, Math.min(offset + PAGE, bytesRead))
        if (page.equals(ZEROS.subarray(0, page.length))) continue
        hash.update(`${at + offset}+${page.length}:`).update(page)
      }
    }
  }
  return hash.digest('hex')
}

/** Of whole pages, in bytes. Node has no SEEK_DATA; qemu-img, which is there wherever Ramet runs, has. */
async function dataStretches(file: string): Promise<{ start: number; end: number }[]> {
  const { stdout } = await promisify(execFile)('qemu-img', ['map', '--output=json', '-f', 'raw', file], {
    maxBuffer: 64 << 20,
  })
  const joined: { start: number; end: number }[] = []
  for (const extent of JSON.parse(stdout) as { start: number; length: number; data: boolean }[]) {
    if (!extent.data) continue
    const start = Math.floor(extent.start / PAGE) * PAGE
    const end = Math.ceil((extent.start + extent.length) / PAGE) * PAGE
    const last = joined.at(-1)
    if (last && start <= last.end) last.end = end
    else joined.push({ start, end })
  }
  return joined
}
