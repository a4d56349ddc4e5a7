import { expect, test } from 'vitest'
import { fake } from '../../testing/fake-electron.ts'
import type { EngineStream } from '../engine/stream.ts'
import { StreamTable } from './streams.ts'

test('a window reaches its own streams alone, and they end with its page', () => {
  const closed: string[] = []
  const stream = (name: string) => fake<EngineStream>('stream', { close: () => void closed.push(name) })
  const table = new StreamTable<object>()
  const [one, two] = [{}, {}]
  const first = table.add(one, stream('first'))
  const second = table.add(two, stream('second'))
  table.add(one, stream('third'))
  expect(table.get(one, first)).toBeDefined()
  expect(() => table.get(one, second)).toThrow(/has ended/)
  table.close(one, first)
  table.close(one, first)
  expect(() => table.get(one, first)).toThrow(/has ended/)
  table.closeAll(one)
  expect(closed).toEqual(['first', 'third'])
  expect(table.get(two, second)).toBeDefined()
})

test('a window that forgets to close them is stopped', () => {
  const table = new StreamTable<object>()
  const window = {}
  let closed = 0
  const stream = () => fake<EngineStream>('stream', { close: () => void closed++ })
  for (let each = 0; each < 100; each++) table.add(window, stream())
  expect(() => table.add(window, stream())).toThrow(/close one first/)
  expect(closed).toBe(1)
})
