import { EngineError } from '../../../../contract/errors.ts'

/**
 * What becomes of one field of a request. Nothing is dropped silently: a field is honoured, means nothing for a VM (or
 * only its default does), is said to have no effect in the answer's warnings, or is refused.
 */
export type Rule =
  | { is: 'honoured'; how: string; check?: Check }
  /** Whatever it says. */
  | { is: 'idle'; why: string }
  /** Taken where it says one of these, which is what a VM does anyway; else refused. */
  | { is: 'only'; values: readonly unknown[]; why: string }
  /** Where it says something else than `values`, the answer warns. */
  | { is: 'warned'; values: readonly unknown[]; why: string }
  | { is: 'refused'; why: string }

/** Rejects a value that cannot be; may answer warnings. */
type Check = (value: unknown, field: string) => string[] | undefined

export type Rules = Record<string, Rule>

export const honoured = (how: string, check?: Check): Rule => ({
  is: 'honoured',
  how,
  check,
})
export const idle = (why: string): Rule => ({ is: 'idle', why })
export const only = (values: readonly unknown[], why: string): Rule => ({ is: 'only', values, why })
export const warned = (why: string, values: readonly unknown[] = []): Rule => ({ is: 'warned', values, why })
export const refused = (why: string): Rule => ({ is: 'refused', why })

/** Clients send every field, empty where it says nothing. */
export function saysNothing(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.keys(value).length === 0
  return !value
}

/** What dockerode puts into the body although it belongs into the query. */
const NO_FIELDS = ['name', 'platform', 'abortSignal', '_query', '_body']

/**
 * Holds a part of a request against the rules; `path` names it for people. Answers warnings; rejects with NOT_SUPPORTED
 * or INVALID_ARGUMENT, by name. A field that nobody knows has no effect, as with Docker, but is warned of.
 */
export function checkFields(part: object, rules: Rules, path: string): string[] {
  const warnings: string[] = []
  for (const [name, value] of Object.entries(part)) {
    if (saysNothing(value) || (path === '' && NO_FIELDS.includes(name))) continue
    const field = path + name
    const rule = Object.hasOwn(rules, name) ? rules[name]! : undefined
    if (!rule) warnings.push(`${field} is no field of this API and has no effect`)
    else if (rule.is === 'honoured') warnings.push(...(rule.check?.(value, field) ?? []))
    else if (rule.is === 'warned' && !rule.values.includes(value))
      warnings.push(`${field} has no effect: ${rule.why}`)
    else if (rule.is === 'refused' || (rule.is === 'only' && !rule.values.includes(value))) {
      throw new EngineError('NOT_SUPPORTED', `${field}${shown(value)} is not supported: ${rule.why}`)
    }
  }
  return warnings
}

const LONGEST_SHOWN = 60

/** `=host`: what a short text or number says; longer values are left out. */
function shown(value: unknown): string {
  if (typeof value === 'object') return ''
  const text = String(value)
  return text.length > LONGEST_SHOWN ? '' : `=${text}`
}
