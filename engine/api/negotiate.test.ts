import { expect, test } from 'vitest'
import { negotiate } from './negotiate.ts'

test.each([
  [undefined, 'a/json'],
  ['*/*', 'a/json'],
  ['a/lines', 'a/lines'],
  ['a/json;q=0.5, a/lines', 'a/lines'],
  ['a/lines;q=0.5, a/*', 'a/json'],
  ['a/lines;q=0, */*', 'a/json'],
  ['A/Lines ; Q=1', 'a/lines'],
  ['text/html', 'a/json'],
  [';;,', 'a/json'],
])('Accept: %s', (accept, type) => {
  expect(negotiate(accept, ['a/json', 'a/lines'])).toBe(type)
})
