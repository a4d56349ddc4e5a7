import { EngineError } from '../../../contract/errors.ts'
import type { EngineStream } from '../engine/stream.ts'

/** More would be a window that forgets to close them. */
const STREAMS_MAX = 100

/** The open streams of each window, by number. A window reaches its own alone, and they end with its page. */
export class StreamTable<Owner extends object> {
  readonly #streams = new Map<Owner, Map<number, EngineStream>>()
  #last = 0

  add(owner: Owner, stream: EngineStream): number {
    const own = this.#streams.get(owner) ?? new Map<number, EngineStream>()
    if (own.size >= STREAMS_MAX) {
      stream.close()
      throw new EngineError('CONFLICT', `${STREAMS_MAX} streams are open already; close one first`)
    }
    this.#streams.set(owner, own.set(++this.#last, stream))
    return this.#last
  }

  /** Rejects with NOT_FOUND, also where it has ended and was forgotten. */
  get(owner: Owner, number: number): EngineStream {
    const stream = this.#streams.get(owner)?.get(number)
    if (!stream) throw new EngineError('NOT_FOUND', `stream ${number} has ended`)
    return stream
  }

  /** Also where there is none: whoever closes need not know whether it ended by itself. */
  close(owner: Owner, number: number): void {
    this.#streams.get(owner)?.get(number)?.close()
    this.#streams.get(owner)?.delete(number)
  }

  closeAll(owner: Owner): void {
    for (const stream of this.#streams.get(owner)?.values() ?? []) stream.close()
    this.#streams.delete(owner)
  }
}
