import { EngineError } from '../errors.ts'

export const DEFAULT_DETACH_KEYS = 'ctrl-p,ctrl-q'

/** Bytes of a list such as `ctrl-p,ctrl-q` or `ctrl-@,x`. Throws INVALID_ARGUMENT. */
export function parseDetachKeys(text: string): Buffer {
  const bytes = text.split(',').map((key) => {
    if (/^[\x21-\x7e]$/.test(key)) return key.charCodeAt(0)
    const control = /^ctrl-([a-z@[\\\]^_])$/i.exec(key)
    if (control) return control[1]!.toUpperCase().charCodeAt(0) & 0x1f
    throw new EngineError(
      'INVALID_ARGUMENT',
      `'${key}' is not a key to detach with; write ctrl-p,ctrl-q or the like`,
    )
  })
  return Buffer.from(bytes)
}

/** Holds back what may become the detach keys; gives it on as soon as it turns out to be something else. */
export class DetachFilter {
  readonly #keys: Buffer
  #matched = 0
  detached = false

  constructor(keys = DEFAULT_DETACH_KEYS) {
    this.#keys = parseDetachKeys(keys)
  }

  /** What of the input goes to the process. Nothing does once the keys were typed. */
  pass(input: Buffer): Buffer {
    const passed: Buffer[] = []
    for (const byte of input) {
      if (this.detached) break
      if (byte !== this.#keys[this.#matched]) {
        passed.push(this.#keys.subarray(0, this.#matched))
        this.#matched = 0
      }
      if (byte !== this.#keys[this.#matched]) passed.push(Buffer.from([byte]))
      else if (++this.#matched === this.#keys.length) this.detached = true
    }
    return Buffer.concat(passed)
  }
}
