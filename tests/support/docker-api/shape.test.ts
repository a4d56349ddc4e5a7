import { expect, test } from 'vitest'
import { fields, list, map, maybe, mismatches, oneOf } from './shape.ts'

const SHAPE = fields({
  Id: 'text',
  Size: 'integer',
  'Extra?': 'flag',
  Tags: maybe(list('text')),
  Labels: map('text'),
  State: oneOf('on', 'off'),
  At: 'time',
})
const GOOD = {
  Id: 'a',
  Size: 1,
  Tags: null,
  Labels: { a: 'b' },
  State: 'on',
  At: '2024-01-01T00:00:00.5Z',
  More: 1,
}

test('an answer that fits has no mismatches, whatever else it has', () => {
  expect(mismatches(GOOD, SHAPE)).toEqual([])
  expect(mismatches([GOOD, GOOD], list(SHAPE))).toEqual([])
})

test.each([
  [{ Size: 1.5 }, '.Size is 1.5, not a whole number'],
  [{ Id: undefined }, '.Id is undefined, not a text'],
  [{ Tags: ['a', 2] }, '.Tags[1] is 2, not a text'],
  [{ Labels: { a: null } }, '.Labels.a is null, not a text'],
  [{ Labels: [] }, '.Labels is [], not an object'],
  [{ State: 'idle' }, '.State is "idle", not one of on, off'],
  [{ At: 'today' }, '.At is "today", not a time'],
  [{ Extra: 'yes' }, '.Extra is "yes", not true or false'],
])('%j', (change, mismatch) => {
  expect(mismatches({ ...GOOD, ...change }, SHAPE)).toEqual([mismatch])
})
