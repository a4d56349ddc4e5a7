import { Readable, Writable } from 'node:stream'
import { FieldWriter, Key } from '../../contract/guest-protocol/fields.ts'
import { FrameType, PAYLOAD_MAX, WINDOW_INITIAL } from '../../contract/guest-protocol/frame.ts'
import type { Link } from './link.ts'

/** Granted anew once this much was read, so that grants are fewer than pieces. */
const GRANT_BYTES = WINDOW_INITIAL / 2

/** A process's standard input, as fast as the process reads it. */
export class GuestInput extends Writable {
  readonly #link: Link
  readonly #channel: number
  #credit = WINDOW_INITIAL
  #waiting: (() => void) | undefined

  constructor(link: Link, channel: number) {
    super({ highWaterMark: PAYLOAD_MAX })
    this.#link = link
    this.#channel = channel
    this.on('error', () => {})
  }

  /** The guest has taken so much. */
  grant(bytes: number): void {
    this.#credit = Math.min(this.#credit + bytes, WINDOW_INITIAL)
    const waiting = this.#waiting
    this.#waiting = undefined
    waiting?.()
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    if (this.#credit === 0) {
      this.#waiting = () => this._write(chunk, _encoding, done)
      return
    }
    const part = chunk.subarray(0, Math.min(this.#credit, PAYLOAD_MAX))
    const rest = chunk.subarray(part.length)
    this.#credit -= part.length
    this.#link.send(FrameType.stdin, this.#channel, part)
    void this.#link.drained().then(() => (rest.length > 0 ? this._write(rest, _encoding, done) : done()))
  }

  override _final(done: () => void): void {
    this.#link.send(FrameType.stdinEnd, this.#channel, Buffer.alloc(0))
    done()
  }
}

/** One of a process's outputs. The guest sends no more than was granted; more ends the link. */
export class GuestOutput extends Readable {
  readonly #link: Link
  readonly #channel: number
  readonly #stream: number
  #credit = WINDOW_INITIAL
  #read = 0

  constructor(link: Link, channel: number, stream: number) {
    // More is granted only once all that came is read: so never more than one window is held.
    super({ highWaterMark: 1 })
    this.#link = link
    this.#channel = channel
    this.#stream = stream
    this.on('error', () => {})
  }

  receive(data: Buffer): void {
    this.#credit -= data.length
    if (this.#credit < 0) throw new RangeError('more output than was granted')
    this.#read += data.length
    // Nobody reads a stream that was given up, but its process must not stand still for it.
    if (this.destroyed || this.push(Buffer.from(data))) this.#grant(GRANT_BYTES)
  }

  override _read(): void {
    this.#grant(1)
  }

  #grant(least: number): void {
    if (this.#read < least) return
    const payload = new FieldWriter()
      .u32(Key.window.bytes, this.#read)
      .u32(Key.window.stream, this.#stream)
      .finish()
    this.#link.send(FrameType.window, this.#channel, payload)
    this.#credit += this.#read
    this.#read = 0
  }
}

export interface Exit {
  /** Exit status; 128 and the signal's number where one ended it. */
  code: number
  oomKilled: boolean
}
