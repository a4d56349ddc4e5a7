import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'

const END_OF_HEAD = Buffer.from('\r\n\r\n')
const CR = 13
const LF = 10

/**
 * A client's connection, as the HTTP parser sees it. A route may take the socket over (a hijack): so what a client
 * sends after such a request must not reach the parser. Only the parser decides where a request's head ends; it gets
 * its bytes in pieces that never reach past a possible end of one, and `begin` is called as soon as it has seen one.
 */
export class Connection extends Duplex {
  /** Requests that are not answered yet. */
  requests = 0
  readonly #socket: Socket
  #waiting: Buffer[] = []
  /** Bytes of a request's body that are still to come: no head ends among them. */
  #body = 0
  /** The request whose body, of a length that is not known, is coming. */
  #chunked: IncomingMessage | undefined
  /** Bytes that may still go to the parser. */
  #allowed = Infinity
  #ended = false
  #taken = false

  constructor(socket: Socket) {
    super({ allowHalfOpen: true })
    this.#socket = socket
    socket.on('data', this.#onData)
    socket.on('end', this.#onEnd)
    socket.on('error', this.#onError)
    socket.on('close', this.#onClose)
  }

  /** Is to be called at once when the parser has seen the head of a request. */
  begin(request: IncomingMessage): void {
    this.#body = Number(request.headers['content-length'] ?? 0)
    this.#chunked = request.headers['transfer-encoding'] ? request : undefined
  }

  /** Nothing but the body of the request that has just begun reaches the parser until `release`. */
  hold(): void {
    this.#allowed = this.#body
  }

  release(): void {
    if (this.#taken) return
    this.#allowed = Infinity
    process.nextTick(this.#deliver)
  }

  /** Gives the socket away, with what the client has sent since; `early` came before that. HTTP is over here. */
  takeSocket(early: Buffer = Buffer.alloc(0)): Socket {
    const socket = this.#socket
    this.#taken = true
    socket.pause()
    socket.off('data', this.#onData).off('end', this.#onEnd).off('error', this.#onError)
    socket.off('close', this.#onClose)
    const unread = Buffer.concat([early, ...this.#waiting])
    this.#waiting = []
    if (unread.length > 0) socket.unshift(unread)
    this.destroy()
    return socket
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#waiting.push(chunk)
    this.#deliver()
  }

  readonly #onEnd = (): void => {
    this.#ended = true
    this.#deliver()
  }

  readonly #onError = (error: Error): void => void this.destroy(error)
  readonly #onClose = (): void => void this.destroy()

  readonly #deliver = (): void => {
    if (this.#taken || this.destroyed) return
    // A piece that the parser has not seen yet may hold the request that calls `hold`: the next one waits for it.
    while (this.#waiting.length > 0 && this.#allowed > 0 && this.readableLength === 0 && !this.#taken) {
      const piece = this.#nextPiece()
      this.#allowed -= piece.length
      this.push(piece)
    }
    if (this.#taken || this.destroyed) return
    if (this.#waiting.length > 0 || this.#allowed === 0) this.#socket.pause()
    else if (this.#ended) this.push(null)
    else this.#socket.resume()
  }

  #nextPiece(): Buffer {
    const chunk = this.#waiting.shift()!
    const length = Math.min(this.#safeLength(chunk), this.#allowed)
    if (length < chunk.length) this.#waiting.unshift(chunk.subarray(length))
    this.#body = Math.max(0, this.#body - length)
    return chunk.subarray(0, length)
  }

  #safeLength(chunk: Buffer): number {
    if (this.#chunked && !this.#chunked.complete) return chunk.length
    if (this.#body > 0) return Math.min(chunk.length, this.#body)
    // The end of a head may lie across two chunks: line ends at the front go one by one.
    if (chunk[0] === CR || chunk[0] === LF) return 1
    const end = chunk.indexOf(END_OF_HEAD)
    return end < 0 ? chunk.length : end + END_OF_HEAD.length
  }

  override _read(): void {
    process.nextTick(this.#deliver)
  }

  // The parser was paused, for a slow reader of a body. `_read` is not called again for what it had asked before.
  override resume(): this {
    super.resume()
    if (this.#waiting.length > 0) setImmediate(this.#deliver)
    return this
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.#socket.write(chunk, done)
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#socket.end(() => done())
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    if (!this.#taken) this.#socket.destroy()
    done(error)
  }
}
