import type { Filters } from '../../contract/docker.ts'
import { EngineError } from '../../contract/errors.ts'

const NO = ['', '0', 'no', 'false', 'none']

/** The part of a URL after `?`, read the way Docker's own server reads it. Every method rejects with INVALID_ARGUMENT. */
export class Query {
  readonly #values: Record<string, string | string[] | undefined>

  constructor(values: unknown) {
    this.#values = (values ?? {}) as Record<string, string | string[] | undefined>
  }

  /** The first value; absent where not given or empty. */
  text(name: string): string | undefined {
    const value = this.#values[name]
    return (Array.isArray(value) ? value[0] : value) || undefined
  }

  /** All values, empty ones left out. */
  texts(name: string): string[] {
    return [this.#values[name] ?? []].flat().filter((value) => value !== '')
  }

  required(name: string): string {
    const value = this.text(name)
    if (value === undefined) throw new EngineError('INVALID_ARGUMENT', `the parameter '${name}' is missing`)
    return value
  }

  /** Anything but an empty text, 0, no, false and none counts as true. */
  flag(name: string, absent = false): boolean {
    const value = this.#values[name]
    if (value === undefined) return absent
    return !NO.includes((Array.isArray(value) ? (value[0] ?? '') : value).trim().toLowerCase())
  }

  integer(name: string): number | undefined {
    const value = this.text(name)
    if (value === undefined) return undefined
    if (/^[+-]?\d+$/.test(value) && Number.isSafeInteger(Number(value))) return Number(value)
    throw new EngineError('INVALID_ARGUMENT', `invalid value '${value}' for '${name}': give a whole number`)
  }

  /** Size of a terminal, in characters. */
  size(): { rows: number; cols: number } {
    const part = (name: string): number => {
      this.required(name)
      const value = this.integer(name)!
      if (value >= 0 && value <= 0xffff) return value
      throw new EngineError('INVALID_ARGUMENT', `invalid value '${value}' for '${name}': give 0 to 65535`)
    }
    return { rows: part('h'), cols: part('w') }
  }

  filters(): Filters {
    const value = this.text('filters')
    return value === undefined ? {} : parseFilters(value)
  }
}

/** Clients write `{"label":["a"]}`, older ones `{"label":{"a":true}}`. */
export function parseFilters(text: string): Filters {
  const invalid = (): EngineError =>
    new EngineError('INVALID_ARGUMENT', `invalid filters '${text}': give a JSON object of lists of texts`)
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    throw invalid()
  }
  if (!isObject(parsed)) throw invalid()
  // No prototype: a filter called __proto__ is a name like any other.
  const filters = Object.create(null) as Filters
  for (const [name, values] of Object.entries(parsed)) {
    if (Array.isArray(values) && values.every((value) => typeof value === 'string')) {
      filters[name] = values
    } else if (isObject(values) && Object.values(values).every((value) => typeof value === 'boolean')) {
      filters[name] = Object.keys(values).filter((key) => values[key])
    } else {
      throw invalid()
    }
  }
  return filters
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
