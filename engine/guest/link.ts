import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import { crc32 } from 'node:zlib'
import { EngineError, ERROR_STATUS, type ErrorCode } from '../../contract/errors.ts'
import { FieldWriter, Key, numberOf, readFields } from '../../contract/guest-protocol/fields.ts'
import {
  encodeMessage,
  FrameReader,
  FrameType,
  HEADER_BYTES,
  PAYLOAD_MAX,
  PROTOCOL_VERSION,
  type Frame,
} from '../../contract/guest-protocol/frame.ts'

export interface Hello {
  version: number
  state: (typeof STATES)[number]
  imageMounted: boolean
}

const STATES = ['idle', 'running', 'ended', 'mounted', 'held'] as const

interface Pending {
  channel: number
  resolve(): void
  reject(error: unknown): void
}

/**
 * The host's end of the agent link. The guest is not trusted: a frame that does not belong ends the link, and nothing
 * that it sends is held beyond one frame.
 */
export class Link {
  readonly #socket: Socket
  readonly #reader = new FrameReader(crc32)
  readonly #nonce = randomBytes(16)
  readonly #pending: Pending[] = []
  readonly #hello = Promise.withResolvers<Hello>()
  #greeted = false
  /** Gets the frames that are no answers. */
  onFrame: (frame: Frame) => void = () => {}
  onClose: (error: Error) => void = () => {}
  #closed: Error | undefined

  constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (data: Buffer) => this.#receive(data))
    socket.on('error', () => {})
    socket.once('close', () => this.#end(new EngineError('GUEST_ERROR', 'the link to the guest broke')))
    this.#hello.promise.catch(() => {})
  }

  /**
   * Greets the guest. What an earlier connection left half said is first completed with zeros, so that the greeting is
   * never taken for a part of it.
   */
  greet(): Promise<Hello> {
    const payload = new FieldWriter()
      .u32(Key.hello.version, PROTOCOL_VERSION)
      .bytes(Key.hello.nonce, this.#nonce)
      .finish()
    this.#socket.write(Buffer.alloc(HEADER_BYTES + PAYLOAD_MAX))
    this.send(FrameType.hello, 0, payload)
    return this.#hello.promise
  }

  /** Answers false where the caller should wait for `drained` before it sends more. */
  send(type: number, channel: number, payload: Buffer): boolean {
    if (this.#closed) return true
    return this.#socket.write(encodeMessage({ type, channel, payload }, crc32))
  }

  drained(): Promise<void> {
    if (this.#closed || !this.#socket.writableNeedDrain) return Promise.resolve()
    return new Promise((resolve) => {
      this.#socket.once('drain', resolve)
      this.#socket.once('close', () => resolve())
    })
  }

  /** Sends a message that the guest answers. Rejects with the guest's error, or when the link breaks. */
  request(type: number, channel: number, payload: Buffer): Promise<void> {
    if (this.#closed) return Promise.reject(this.#closed)
    return new Promise((resolve, reject) => {
      this.#pending.push({ channel, resolve, reject })
      try {
        this.send(type, channel, payload)
      } catch (error) {
        this.#pending.pop()
        reject(new EngineError('INVALID_ARGUMENT', (error as Error).message, { cause: error }))
      }
    })
  }

  close(): void {
    this.#socket.destroy()
  }

  #receive(data: Buffer): void {
    try {
      for (const frame of this.#reader.push(data)) this.#take(frame)
      // Before the greeting's answer the guest may still be sending what was meant for an earlier connection.
      if (this.#greeted && this.#reader.skipped > 0) throw new RangeError('bytes between frames')
    } catch (error) {
      const reason = `the guest broke the protocol: ${(error as Error).message}`
      this.#end(new EngineError('PROTOCOL_ERROR', reason, { cause: error }))
    }
  }

  #take(frame: Frame): void {
    if (!this.#greeted) return this.#takeHello(frame)
    if (frame.type !== FrameType.ok && frame.type !== FrameType.error) return this.onFrame(frame)
    const pending = this.#pending.shift()
    if (pending?.channel !== frame.channel) throw new RangeError('an answer to nothing asked')
    if (frame.type === FrameType.ok) pending.resolve()
    else pending.reject(guestError(frame.payload))
  }

  #takeHello({ type, payload }: Frame): void {
    if (type !== FrameType.helloReply) return
    const fields = readFields(payload)
    if (!fields.get(Key.hello.nonce)?.equals(this.#nonce)) return
    const version = numberOf(fields.get(Key.hello.version))
    if (version !== PROTOCOL_VERSION) {
      throw new RangeError(`it speaks version ${version} and this engine ${PROTOCOL_VERSION}`)
    }
    this.#greeted = true
    this.#reader.skipped = 0
    this.#hello.resolve({
      version,
      state: STATES[numberOf(fields.get(Key.hello.state))] ?? 'ended',
      imageMounted: numberOf(fields.get(Key.hello.image)) === 1,
    })
  }

  #end(error: Error): void {
    if (this.#closed) return
    this.#closed = error
    this.#socket.destroy()
    this.#hello.reject(error)
    for (const { reject } of this.#pending.splice(0)) reject(error)
    this.onClose(error)
  }
}

function guestError(payload: Buffer): EngineError {
  const fields = readFields(payload)
  const code = fields.get(Key.error.code)?.toString() ?? ''
  const known = Object.hasOwn(ERROR_STATUS, code) ? (code as ErrorCode) : 'GUEST_ERROR'
  // Of the guest: no line breaks, no control characters.
  const message = (fields.get(Key.error.message)?.toString() ?? '').replace(/\p{Cc}+/gu, ' ').slice(0, 500)
  return new EngineError(known, message || 'the guest gave no reason')
}
