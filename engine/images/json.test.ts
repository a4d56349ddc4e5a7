import { expect, test } from 'vitest'
import { isObject, MAX_JSON_BYTES, own, parseJson } from './json.ts'

const refuses = (data: string | Buffer, why: RegExp) =>
  expect(() => parseJson(Buffer.from(data), 'manifest')).toThrow(
    expect.objectContaining({ code: 'IMAGE_INVALID', message: expect.stringMatching(why) as string }),
  )

test('what is no object, or no JSON, is refused', () => {
  for (const text of ['', '[]', 'null', '"x"', '7', '{', '{"a":1}x']) refuses(text, /JSON/)
})

test('what is too long is refused, before it is parsed', () => {
  const filled = (length: number): string => `{"a":"${'x'.repeat(length - 8)}"}`
  refuses(filled(MAX_JSON_BYTES + 1), /at most/)
  expect(parseJson(Buffer.from(filled(MAX_JSON_BYTES)), 'manifest')).toHaveProperty('a')
})

test('what is nested too deeply is refused, before it is parsed', () => {
  const nested = (depth: number): string => `{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`
  refuses(nested(100_000), /deeper/)
  refuses('{"a":'.repeat(100_000), /deeper/)
  expect(parseJson(Buffer.from(nested(60)), 'manifest')).toHaveProperty('a')
  const brackets = JSON.stringify({ a: '[{'.repeat(1_000), b: '\\"[[[' })
  expect(parseJson(Buffer.from(brackets), 'manifest')).toHaveProperty('b', '\\"[[[')
})

test('of keys that are there twice the last counts; __proto__ is a key like others', () => {
  const value = parseJson(Buffer.from('{"a":1,"a":2,"__proto__":{"layers":[]},"constructor":3}'), 'manifest')
  expect(own(value, 'a')).toBe(2)
  expect(own(value, 'layers')).toBeUndefined()
  expect(own(value, 'constructor')).toBe(3)
  expect(own(value, 'toString')).toBeUndefined()
  expect(Object.hasOwn(value, '__proto__')).toBe(true)
  expect(({} as Record<string, unknown>)['layers']).toBeUndefined()
  expect(isObject([])).toBe(false)
})
