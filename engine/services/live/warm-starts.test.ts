import { expect, test } from 'vitest'
import { newRecord } from '../containers/record.ts'
import { parseWarmPolicy, warmPolicyOf } from './warm-starts.ts'

test('a policy is read, or refused', () => {
  expect(parseWarmPolicy('off')).toBeUndefined()
  expect(parseWarmPolicy('healthy')).toEqual({ when: 'healthy' })
  expect(parseWarmPolicy('after=30s')).toEqual({ when: 'after', milliseconds: 30_000 })
  expect(parseWarmPolicy('after=2m')).toEqual({ when: 'after', milliseconds: 120_000 })
  for (const text of ['soon', 'after=', 'after=3', 'after=-1s', 'healthy '])
    expect(() => parseWarmPolicy(text)).toThrow('write healthy, after=30s, or off')
})

test("a container's label goes before the setting", () => {
  const labelled = (Labels: Record<string, string>) =>
    newRecord('0'.repeat(64), 'one', { image: { id: '', reference: '' }, config: { Labels }, hostConfig: {} })
  expect(warmPolicyOf(labelled({}), 'healthy')).toEqual({ when: 'healthy' })
  expect(warmPolicyOf(labelled({ 'ramet.warm': 'off' }), 'healthy')).toBeUndefined()
  expect(warmPolicyOf(labelled({ 'ramet.warm': 'after=1s' }), 'off')).toEqual({
    when: 'after',
    milliseconds: 1000,
  })
})
