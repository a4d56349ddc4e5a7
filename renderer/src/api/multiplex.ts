import { joined } from './arrivals.ts'

export interface OutputPart {
  stream: 'stdout' | 'stderr'
  data: Uint8Array
}

const HEADER = 8

/** Takes Docker's frames of output apart; frames may come in any pieces. Throws the error that a frame of type 3 holds. */
export class Demultiplexer {
  #rest = new Uint8Array(0) as Uint8Array

  push(data: Uint8Array): OutputPart[] {
    const bytes = this.#rest.length > 0 ? joined([this.#rest, data]) : data
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const parts: OutputPart[] = []
    let at = 0
    while (at + HEADER <= bytes.length) {
      const end = at + HEADER + view.getUint32(at + 4)
      if (end > bytes.length) break
      const content = bytes.subarray(at + HEADER, end)
      const type = bytes[at]
      if (type === 3) throw new Error(new TextDecoder().decode(content))
      parts.push({ stream: type === 2 ? 'stderr' : 'stdout', data: content })
      at = end
    }
    this.#rest = bytes.slice(at)
    return parts
  }
}
