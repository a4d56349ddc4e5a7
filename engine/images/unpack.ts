import { addAbortSignal, type Readable } from 'node:stream'
import { EngineError } from '../../contract/errors.ts'
import { compressionFault, compressionOf, decompress } from './layers/compression.ts'
import { decompressByProgram, programFor } from './layers/program.ts'
import { invalidTar } from './tar/invalid.ts'

/** As for layers: beyond 1 GiB an archive unpacks to at most so many times its size. */
const FREE_BYTES = 1024 ** 3
const MAX_RATIO = 200

/** The bytes of an archive that may be compressed with gzip, zstd, xz or bzip2; `stored` tells how many of its own were read. */
export async function unpack(
  archive: Readable,
  signal?: AbortSignal,
): Promise<{ chunks: AsyncIterable<Buffer>; stored(): number }> {
  let stored = 0
  // The archive itself ends with the signal: whoever waits for its next bytes would wait for ever.
  if (signal) addAbortSignal(signal, archive)
  const input = archive.iterator({ destroyOnReturn: true }) as AsyncIterator<Buffer>
  const head: Buffer[] = []
  while (Buffer.concat(head).length < 6) {
    const { done, value } = await input.next()
    if (done) break
    head.push(value)
  }
  const magic = Buffer.concat(head)
  if (magic.length === 0) invalidTar('the archive is empty')
  async function* source(): AsyncGenerator<Buffer> {
    try {
      for (let next = { done: false, value: magic }; !next.done; next = (await input.next()) as typeof next) {
        stored += next.value.length
        yield next.value
      }
    } finally {
      await input.return?.()
    }
  }
  const program = programFor(magic)
  const plain = (): AsyncIterable<Buffer> =>
    program ? decompressByProgram(source(), program) : decompress(source(), compressionOf(magic))
  async function* bounded(): AsyncGenerator<Buffer> {
    let unpacked = 0
    for await (const chunk of plain()) {
      unpacked += chunk.length
      if (unpacked > Math.max(FREE_BYTES, stored * MAX_RATIO)) {
        invalidTar(`the archive unpacks to more than ${unpacked} bytes, as decompression bombs do`)
      }
      yield chunk
    }
  }
  return { chunks: bounded(), stored: () => stored }
}

/** What is said of the archive where its compression is broken; any other error as it is. */
export function unpackError(error: unknown): unknown {
  const fault = compressionFault(error)
  if (!fault) return error
  return new EngineError('IMAGE_INVALID', `the archive ${fault}; save it again`, { cause: error })
}
