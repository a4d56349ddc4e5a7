import { expect, test } from 'vitest'
import type { Image } from '../images/store.ts'
import { isPrunable } from './image-prune.ts'

const nameless = {
  repoTags: [] as string[],
  created: '2024-01-01T00:00:00Z',
  config: { Labels: { role: 'test' } },
} as unknown as Image
const tagged: Image = { ...nameless, repoTags: ['a:1'] }

test('without a filter only images without a tag go', () => {
  expect([isPrunable(nameless, {}), isPrunable(tagged, {})]).toEqual([true, false])
  expect([isPrunable(nameless, { dangling: ['true'] }), isPrunable(tagged, { dangling: ['true'] })]).toEqual([
    true,
    false,
  ])
  expect(isPrunable(tagged, { dangling: ['false'] })).toBe(true)
})

test('labels choose, and spare', () => {
  expect(isPrunable(nameless, { label: ['role=test'] })).toBe(true)
  expect(isPrunable(nameless, { label: ['role=other'] })).toBe(false)
  expect(isPrunable(nameless, { label: ['role', 'none'] })).toBe(false)
  expect(isPrunable(nameless, { 'label!': ['role'] })).toBe(false)
  expect(isPrunable(nameless, { 'label!': ['none'] })).toBe(true)
})

test('only what is known to be older goes', () => {
  const at = Date.parse(nameless.created)
  expect(isPrunable(nameless, {}, at + 1)).toBe(true)
  expect(isPrunable(nameless, {}, at)).toBe(false)
  expect(isPrunable({ ...nameless, created: '' }, {}, Date.now())).toBe(false)
})

test('a filter that nobody knows keeps everything', () => {
  expect(() => isPrunable(nameless, { danglin: ['true'] })).toThrow(/invalid filter 'danglin'/)
})
