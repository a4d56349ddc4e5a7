import { Writable } from 'node:stream'
import type { GuestInput } from './guest-process.ts'

/** One of several clients of the same standard input: its end ends nothing but itself, and says so. */
export class SharedInput extends Writable {
  readonly #input: GuestInput
  readonly #onEnd: () => void

  constructor(input: GuestInput, onEnd: () => void) {
    super({ highWaterMark: 0 })
    this.#input = input
    this.#onEnd = onEnd
  }

  override _write(chunk: Buffer, encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#input.write(chunk, encoding, done)
  }

  override _final(done: () => void): void {
    this.#onEnd()
    done()
  }
}
