/** What has come in and was not read yet. */
export class Arrivals {
  #parts: Uint8Array[] = []
  #ended: { error?: Error } | undefined
  #wake: (() => void) | undefined

  add(part: Uint8Array): void {
    if (this.#ended) return
    this.#parts.push(part)
    this.#wake?.()
  }

  /** The first call counts: `error` is what reading ends with. */
  end(error?: Error): void {
    this.#ended ??= { error }
    this.#wake?.()
  }

  /** All that is there, at least a byte; null at the end. */
  async next(): Promise<Uint8Array | null> {
    while (this.#parts.length === 0 && !this.#ended) {
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
    const parts = this.#parts.splice(0)
    if (parts.length === 1) return parts[0]!
    if (parts.length > 1) return joined(parts)
    if (this.#ended?.error) throw this.#ended.error
    return null
  }
}

export function joined(parts: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
