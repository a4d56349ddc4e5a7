import { EngineError } from '../../contract/errors.ts'

/** What containerd and Docker accept at most for a manifest or config. */
export const MAX_JSON_BYTES = 4 * 1024 * 1024
const MAX_DEPTH = 64

export type JsonObject = Record<string, unknown>

/**
 * Parses JSON that came from outside: bounded in length and depth, and an object. Keys such as `__proto__` are
 * plain data, because JSON.parse makes own properties. Throws IMAGE_INVALID, naming `what`.
 */
export function parseJson(data: Buffer, what: string): JsonObject {
  const fail = (why: string): never => {
    throw new EngineError('IMAGE_INVALID', `the image's ${what} ${why}`)
  }
  if (data.length > MAX_JSON_BYTES) {
    fail(`has ${data.length} bytes; at most ${MAX_JSON_BYTES} are accepted`)
  }
  if (depthOf(data) > MAX_DEPTH) fail(`is nested deeper than ${MAX_DEPTH} levels`)
  let value: unknown
  try {
    value = JSON.parse(data.toString('utf8'))
  } catch {
    fail('is not valid JSON')
  }
  if (!isObject(value)) return fail('is not a JSON object')
  return value
}

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** An own property, never one of Object.prototype. */
export const own = (object: JsonObject, key: string): unknown =>
  Object.hasOwn(object, key) ? object[key] : undefined

function depthOf(data: Buffer): number {
  let depth = 0
  let deepest = 0
  let quoted = false
  for (let i = 0; i < data.length; i++) {
    const byte = data[i]
    if (quoted) {
      if (byte === 0x5c) i++
      else if (byte === 0x22) quoted = false
    } else if (byte === 0x22) quoted = true
    else if (byte === 0x7b || byte === 0x5b) deepest = Math.max(deepest, ++depth)
    else if (byte === 0x7d || byte === 0x5d) depth--
  }
  return deepest
}
