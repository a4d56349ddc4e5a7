/**
 * What an answer has to look like. A field whose name ends in `?` may be missing; fields that are not named may be there.
 */
export type Shape =
  | 'text'
  | 'integer'
  | 'number'
  | 'flag'
  /** RFC 3339. */
  | 'time'
  | 'anything'
  | { list: Shape }
  /** By any key. */
  | { map: Shape }
  /** Or null. */
  | { maybe: Shape }
  | { oneOf: readonly string[] }
  | { fields: Record<string, Shape> }

export const list = (of: Shape): Shape => ({ list: of })
export const map = (of: Shape): Shape => ({ map: of })
export const maybe = (shape: Shape): Shape => ({ maybe: shape })
export const oneOf = (...words: string[]): Shape => ({ oneOf: words })
export const fields = (all: Record<string, Shape>): Shape => ({ fields: all })

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/

/** Where an answer does not look as it should, one line each; empty where it does. */
export function mismatches(value: unknown, shape: Shape, path = ''): string[] {
  const wrong = (wanted: string): string[] => [
    `${path || 'it'} is ${JSON.stringify(value)?.slice(0, 80)}, not ${wanted}`,
  ]
  if (shape === 'anything') return value === undefined ? wrong('there') : []
  if (shape === 'text') return typeof value === 'string' ? [] : wrong('a text')
  if (shape === 'time') return typeof value === 'string' && TIME.test(value) ? [] : wrong('a time')
  if (shape === 'integer') return Number.isInteger(value) ? [] : wrong('a whole number')
  if (shape === 'number') return typeof value === 'number' ? [] : wrong('a number')
  if (shape === 'flag') return typeof value === 'boolean' ? [] : wrong('true or false')
  if ('maybe' in shape) return value === null ? [] : mismatches(value, shape.maybe, path)
  if ('oneOf' in shape)
    return shape.oneOf.includes(value as string) ? [] : wrong(`one of ${shape.oneOf.join(', ')}`)
  if ('list' in shape) {
    if (!Array.isArray(value)) return wrong('a list')
    return value.flatMap((each, at) => mismatches(each, shape.list, `${path}[${at}]`))
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return wrong('an object')
  const object = value as Record<string, unknown>
  if ('map' in shape) {
    return Object.entries(object).flatMap(([key, each]) => mismatches(each, shape.map, `${path}.${key}`))
  }
  return Object.entries(shape.fields).flatMap(([key, each]) => {
    const name = key.replace(/\?$/, '')
    if (key.endsWith('?') && object[name] === undefined) return []
    return mismatches(object[name], each, `${path}.${name}`)
  })
}
