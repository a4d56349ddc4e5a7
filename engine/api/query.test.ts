import { expect, test } from 'vitest'
import { parseFilters, Query } from './query.ts'

test('booleans are read as Docker writes them', () => {
  for (const value of ['1', 'true', 'True', 'yes', 'anything']) {
    expect(new Query({ all: value }).flag('all'), value).toBe(true)
  }
  for (const value of ['', '0', 'no', 'false', 'FALSE', ' none ']) {
    expect(new Query({ all: value }).flag('all', true), value).toBe(false)
  }
  expect(new Query({}).flag('all')).toBe(false)
  expect(new Query({}).flag('all', true)).toBe(true)
  expect(new Query({ all: ['1', '0'] }).flag('all')).toBe(true)
})

test('whole numbers and sizes are checked', () => {
  expect(new Query({ t: '-1' }).integer('t')).toBe(-1)
  expect(new Query({}).integer('t')).toBeUndefined()
  expect(() => new Query({ t: '1.5' }).integer('t')).toThrow("invalid value '1.5' for 't'")
  expect(() => new Query({ t: '99999999999999999999' }).integer('t')).toThrow('invalid value')
  expect(new Query({ h: '24', w: '80' }).size()).toEqual({ rows: 24, cols: 80 })
  expect(() => new Query({ h: '24' }).size()).toThrow("'w' is missing")
  expect(() => new Query({ h: '-1', w: '80' }).size()).toThrow("for 'h'")
})

test('filters come in two shapes', () => {
  expect(parseFilters('{"label":["a=b","c"],"status":[]}')).toEqual({ label: ['a=b', 'c'], status: [] })
  expect(parseFilters('{"label":{"a=b":true,"c":false}}')).toEqual({ label: ['a=b'] })
  expect(Object.keys(parseFilters('{"__proto__":["a"]}'))).toEqual(['__proto__'])
  for (const wrong of ['{', '[]', 'null', '{"a":"b"}', '{"a":[1]}', '{"a":{"b":"c"}}']) {
    expect(() => parseFilters(wrong), wrong).toThrow('invalid filters')
  }
})
