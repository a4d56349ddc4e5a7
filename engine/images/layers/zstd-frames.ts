import { EngineError } from '../../../contract/errors.ts'

const MAGIC = 0xfd2fb528
const SKIPPABLE = 0x184d2a50
const DICTIONARY_BYTES = [0, 1, 2, 4]
const SIZE_BYTES = [0, 2, 4, 8]

type State = 'magic' | 'skip-size' | 'skip' | 'descriptor' | 'header' | 'block' | 'content' | 'checksum'

/**
 * Cuts a zstd stream so that each frame begins a chunk of its own, and drops skippable frames (RFC 8878): Node's
 * decompressor reads several frames, but not two out of one chunk. Layers that can be fetched in parts have many.
 * Rejects with IMAGE_INVALID where a frame is cut off, or where something else follows.
 */
export async function* zstdFrames(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const walker = new FrameWalker()
  for await (const chunk of source) yield* walker.pieces(chunk)
  walker.end()
}

class FrameWalker {
  #state: State = 'magic'
  /** Bytes of the present state still to come; those of small fields are collected. */
  #left = 4
  #field = Buffer.alloc(0)
  #hasChecksum = false
  #isLastBlock = false

  pieces(chunk: Buffer): Buffer[] {
    const pieces: Buffer[] = []
    let from = 0
    for (let at = 0; at < chunk.length;) {
      const take = Math.min(this.#left, chunk.length - at)
      const field = chunk.subarray(at, at + take)
      at += take
      this.#left -= take
      if (this.#state !== 'content' && this.#state !== 'skip')
        this.#field = Buffer.concat([this.#field, field])
      // A magic number is held back until it is known whose it is.
      const held = this.#state === 'magic' || this.#state === 'skip-size' || this.#state === 'skip'
      if (this.#left > 0) {
        if (held) from = at
        continue
      }
      const magic = this.#state === 'magic' ? this.#field : undefined
      const wasLast = this.#advance()
      if (held) from = at
      if (magic && this.#state === 'descriptor') pieces.push(magic)
      if (wasLast && at > from) {
        pieces.push(chunk.subarray(from, at))
        from = at
      }
    }
    if (from < chunk.length) pieces.push(chunk.subarray(from))
    return pieces
  }

  end(): void {
    if (this.#state !== 'magic' || this.#field.length > 0) invalid('is truncated')
  }

  /** Goes on to what follows a complete field; true where that was the end of a frame. */
  #advance(): boolean {
    const field = this.#field
    this.#field = Buffer.alloc(0)
    switch (this.#state) {
      case 'magic':
        return this.#afterMagic(field.readUInt32LE())
      case 'skip-size': {
        const size = field.readUInt32LE()
        return size > 0 ? this.#to('skip', size) : this.#to('magic', 4)
      }
      case 'skip':
        return this.#to('magic', 4)
      case 'descriptor':
        return this.#afterDescriptor(field[0]!)
      case 'header':
        return this.#to('block', 3)
      case 'block':
        return this.#afterBlockHeader(field.readUIntLE(0, 3))
      case 'content':
        return this.#afterBlock()
      case 'checksum':
        this.#to('magic', 4)
        return true
    }
  }

  #afterMagic(magic: number): boolean {
    if (magic === MAGIC) return this.#to('descriptor', 1)
    if ((magic & 0xfffffff0) >>> 0 === SKIPPABLE) return this.#to('skip-size', 4)
    return invalid('cannot be decompressed: something else follows a zstd frame')
  }

  #afterDescriptor(descriptor: number): boolean {
    const isSingle = (descriptor & 0x20) !== 0
    const sizeFlag = descriptor >> 6
    this.#hasChecksum = (descriptor & 0x04) !== 0
    const sizeBytes = sizeFlag === 0 && isSingle ? 1 : SIZE_BYTES[sizeFlag]!
    const bytes = (isSingle ? 0 : 1) + DICTIONARY_BYTES[descriptor & 3]! + sizeBytes
    return this.#to('header', bytes)
  }

  #afterBlockHeader(header: number): boolean {
    const kind = (header >> 1) & 3
    if (kind === 3) invalid('cannot be decompressed: a zstd block is of a reserved kind')
    this.#isLastBlock = (header & 1) === 1
    const bytes = kind === 1 ? 1 : header >> 3
    return bytes > 0 ? this.#to('content', bytes) : this.#afterBlock()
  }

  #afterBlock(): boolean {
    if (!this.#isLastBlock) return this.#to('block', 3)
    if (this.#hasChecksum) return this.#to('checksum', 4)
    this.#to('magic', 4)
    return true
  }

  #to(state: State, bytes: number): false {
    this.#state = state
    this.#left = bytes
    return false
  }
}

function invalid(why: string): never {
  throw new EngineError('IMAGE_INVALID', `a layer or archive ${why}`)
}
