import type { MigrationStream } from './types.ts'
import { invalid } from './stream-error.ts'

/**
 * Reads a stream of chunks as records. `ensure(n)` makes `n` bytes available at `chunk[position]`;
 * everything else is synchronous, so that a page costs no promise. Holds one chunk, never more.
 */
export class StreamReader {
  chunk: Buffer = Buffer.alloc(0)
  position = 0
  /** Bytes of the stream before `chunk`. */
  private before = 0
  private ended = false
  private readonly iterator: AsyncIterator<Buffer>
  private readonly source: MigrationStream
  private readonly signal: AbortSignal | undefined

  constructor(source: MigrationStream, signal?: AbortSignal) {
    this.source = source
    this.signal = signal
    this.iterator = source[Symbol.asyncIterator]()
  }

  /** Offset in the stream of the next byte. */
  get offset(): number {
    return this.before + this.position
  }

  get available(): number {
    return this.chunk.length - this.position
  }

  /** Rejects where the stream ends before `size` more bytes; `what` names what they would have been. */
  async ensure(size: number, what: string): Promise<void> {
    if (this.available >= size) return
    if (!(await this.fill(size))) {
      throw invalid(`it ends after ${this.available} of ${size} bytes of ${what}`, this.offset)
    }
  }

  /** True where the stream has at least one more byte. */
  async more(): Promise<boolean> {
    return this.available > 0 || this.fill(1)
  }

  /** The caller has made sure of the bytes. */
  u8(): number {
    return this.chunk.readUInt8(this.advance(1))
  }

  u16(): number {
    return this.chunk.readUInt16BE(this.advance(2))
  }

  u32(): number {
    return this.chunk.readUInt32BE(this.advance(4))
  }

  /** A view, valid until the next `ensure`. */
  bytes(size: number): Buffer {
    const start = this.advance(size)
    return this.chunk.subarray(start, start + size)
  }

  /** Closes the source, whether or not it was read to its end. */
  close(): void {
    const { destroy } = this.source as { destroy?: () => void }
    if (typeof destroy === 'function') destroy.call(this.source)
    else void this.iterator.return?.().catch(() => undefined)
  }

  private advance(size: number): number {
    const start = this.position
    this.position += size
    return start
  }

  private async fill(size: number): Promise<boolean> {
    const parts = [this.chunk.subarray(this.position)]
    let length = parts[0]!.length
    while (length < size && !this.ended) {
      const next = await this.next()
      if (next === undefined) this.ended = true
      else {
        parts.push(next)
        length += next.length
      }
    }
    this.before += this.position
    this.position = 0
    this.chunk = parts.length === 2 && parts[0]!.length === 0 ? parts[1]! : Buffer.concat(parts, length)
    return length >= size
  }

  /** Like `iterator.next()`, but an abort ends the wait at once; a race would pile up handlers on the signal. */
  private next(): Promise<Buffer | undefined> {
    const { signal } = this
    return new Promise((resolve, reject) => {
      const onAbort = () => reject(signal!.reason)
      if (signal?.aborted) return onAbort()
      signal?.addEventListener('abort', onAbort, { once: true })
      this.iterator
        .next()
        .then(
          (result) => resolve(result.done ? undefined : result.value),
          (cause) => reject(cause),
        )
        .finally(() => signal?.removeEventListener('abort', onAbort))
    })
  }
}
