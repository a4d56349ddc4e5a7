import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { promisify } from 'node:util'

interface Extent {
  start: number
  length: number
  data: boolean
}

/**
 * Hex SHA-256 of a sparse file: of each stretch of data its offset, its length and its bytes. Holes are not read:
 * that would fill the page cache with zeros that nobody asked for.
 */
export async function hashSparseFile(file: string): Promise<string> {
  const hash = createHash('sha256')
  for (const { start, length } of await dataExtents(file)) {
    hash.update(`${start}+${length}:`)
    const bytes = createReadStream(file, { start, end: start + length - 1, highWaterMark: 1 << 20 })
    for await (const chunk of bytes) hash.update(chunk as Buffer)
  }
  return hash.digest('hex')
}

/** Node has no SEEK_DATA; qemu-img, which is there wherever Ramet runs, has. Neighbours are joined. */
async function dataExtents(file: string): Promise<Extent[]> {
  const { stdout } = await promisify(execFile)('qemu-img', ['map', '--output=json', '-f', 'raw', file], {
    maxBuffer: 64 << 20,
  })
  const joined: Extent[] = []
  for (const extent of JSON.parse(stdout) as Extent[]) {
    if (!extent.data) continue
    const last = joined.at(-1)
    if (last && last.start + last.length === extent.start) last.length += extent.length
    else joined.push({ ...extent })
  }
  return joined
}
