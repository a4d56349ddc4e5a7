import { pipeline } from 'node:stream'
import { constants, createGunzip, createZstdDecompress } from 'node:zlib'
import { zstdFrames } from './zstd-frames.ts'

export const CHUNK = 256 * 1024
/** 128 MiB: what `zstd -d` accepts without being asked, and so what anybody may have used. */
const MAX_ZSTD_WINDOW_LOG = 27

export type Compression = 'gzip' | 'zstd' | 'none'

/** Told by the first four bytes or more. A skippable frame in front is zstd's as well. */
export function compressionOf(magic: Buffer): Compression {
  if (magic[0] === 0x1f && magic[1] === 0x8b) return 'gzip'
  if (magic.length < 4) return 'none'
  const number = magic.readUInt32LE()
  return number === 0xfd2fb528 || (number & 0xfffffff0) >>> 0 === 0x184d2a50 ? 'zstd' : 'none'
}

/** The unpacked bytes. Errors of the source reach the reader; who stops reading ends the source. */
export function decompress(source: AsyncIterable<Buffer>, compression: Compression): AsyncIterable<Buffer> {
  if (compression === 'none') return source
  const ended = (): void => {}
  if (compression === 'gzip') return pipeline(source, createGunzip({ chunkSize: CHUNK }), ended)
  const params = { [constants.ZSTD_d_windowLogMax]: MAX_ZSTD_WINDOW_LOG }
  return pipeline(zstdFrames(source), createZstdDecompress({ chunkSize: CHUNK, params }), ended)
}

/** What is wrong with the compressed data, where this error says so. */
export function compressionFault(error: unknown): string | undefined {
  const { code, message } = error as NodeJS.ErrnoException
  if (typeof code !== 'string' || !code.startsWith('Z')) return undefined
  return code === 'Z_BUF_ERROR' ? 'is truncated' : `cannot be decompressed (${message})`
}
