import { once } from 'node:events'
import type { ClientRequest, IncomingMessage } from 'node:http'
import type { Duplex, Readable, Writable } from 'node:stream'
import { EngineError } from '../../../contract/errors.ts'
import type { AnswerHead } from '../../../contract/ipc.ts'
import { headOf, refusal, textOf } from './answer.ts'

/** What one read hands over at most. */
const READ_MAX = 1024 * 1024

type Answer = { head: IncomingMessage; socket: Duplex } | IncomingMessage

/** One long request: its answer is read, and its body or session written, only as fast as somebody asks. */
export class EngineStream {
  readonly #call: ClientRequest
  readonly #upload: boolean
  readonly #answer: Promise<{ head: AnswerHead; source: Readable; sink?: Writable }>
  #ended = false

  constructor(call: ClientRequest, { upload, answer }: { upload: boolean; answer: Promise<Answer> }) {
    this.#call = call
    this.#upload = upload
    this.#answer = answer.then(async (found) => {
      const head = 'head' in found ? headOf(found.head) : headOf(found)
      if (!('head' in found)) {
        if (head.status >= 400) throw refusal(head.status, await textOf(found))
        return { head, source: found }
      }
      // Whoever writes or reads next is told.
      found.socket.on('error', () => {})
      return { head, source: found.socket, sink: found.socket }
    })
    // Told to whoever asks for the head.
    this.#answer.catch(() => {})
  }

  async head(): Promise<AnswerHead> {
    return (await this.#answer).head
  }

  /** All that has come in, at least a byte; null at the end. */
  async read(): Promise<Uint8Array | null> {
    const { source } = await this.#answer
    for (;;) {
      const data = take(source)
      if (data) return data
      if (source.errored) throw broken(source.errored)
      if (source.readableEnded || source.destroyed) return null
      await news(source)
    }
  }

  /** What can be written to: the request's body, or a session's standard input once there is one. */
  async write(data: Uint8Array): Promise<void> {
    const sink = await this.#sink()
    if (sink.destroyed || sink.writableEnded) throw broken(sink.errored)
    if (sink.write(data)) return
    const waiting = new AbortController()
    const { signal } = waiting
    try {
      await Promise.race([once(sink, 'drain', { signal }), once(sink, 'close', { signal })])
    } catch (error) {
      throw broken(error)
    } finally {
      waiting.abort()
    }
  }

  async end(): Promise<void> {
    if (this.#ended) return
    this.#ended = true
    ;(await this.#sink()).end()
  }

  close(): void {
    this.#call.destroy()
    this.#answer.then(({ source }) => source.destroy()).catch(() => {})
  }

  /** For those who write the answer to somewhere else than the window. */
  async source(): Promise<Readable> {
    return (await this.#answer).source
  }

  async #sink(): Promise<Writable> {
    if (this.#upload) return this.#call
    const { sink } = await this.#answer
    if (!sink) throw new EngineError('INVALID_ARGUMENT', 'this stream takes nothing; it is only read')
    return sink
  }
}

/**
 * A readable gives all it has when asked without a size; more than a message should hold goes back. A copy: with a view
 * the whole buffer behind it would go to the window, and what else is in it.
 */
function take(source: Readable): Uint8Array | undefined {
  const data = source.read() as Buffer | null
  if (!data || data.length === 0) return undefined
  if (data.length <= READ_MAX) return new Uint8Array(data)
  source.unshift(data.subarray(READ_MAX))
  return new Uint8Array(data.subarray(0, READ_MAX))
}

/** Until there is something to read, or never will be. */
function news(source: Readable): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      for (const event of NEWS) source.off(event, done)
      resolve()
    }
    for (const event of NEWS) source.once(event, done)
  })
}

const NEWS = ['readable', 'end', 'close', 'error'] as const

function broken(cause: unknown): EngineError {
  return new EngineError('INTERNAL', 'the connection to the engine broke; try again', { cause })
}
