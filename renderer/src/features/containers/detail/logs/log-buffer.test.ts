import { expect, test } from 'vitest'
import { LogBuffer, MOST_LINES } from './log-buffer.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

test('lines come together from any pieces, each stream by itself', () => {
  const buffer = new LogBuffer()
  expect(buffer.push(bytes('t1 hel'), false)).toBe(false)
  expect(buffer.push(bytes('t2 ERROR bad\n'), true)).toBe(true)
  expect(buffer.push(bytes('lo\nt3 10 %\r20 %\r\nt4 rest'), false)).toBe(true)
  expect(buffer.flush()).toBe(true)
  expect(buffer.lines.map(({ time, plain, level, stderr }) => [time, plain, level, stderr])).toEqual([
    ['t2', 'ERROR bad', 'error', true],
    ['t1', 'hello', '', false],
    ['t3', '20 %', '', false],
    ['t4', 'rest', '', false],
  ])
})

test('characters that lie across two pieces stay whole', () => {
  const buffer = new LogBuffer()
  const data = bytes('t ü\n')
  buffer.push(data.slice(0, 3), false)
  buffer.push(data.slice(3), false)
  expect(buffer.lines[0]!.plain).toBe('ü')
})

test('the oldest go when there are too many, and that is told', () => {
  const buffer = new LogBuffer()
  for (let part = 0; part < 103; part++) buffer.push(bytes('t x\n'.repeat(1000)), false)
  expect(buffer.lines.length).toBeLessThanOrEqual(MOST_LINES + 2000)
  expect(buffer.lines.length + buffer.dropped).toBe(103_000)
})

test('a line without end is cut', () => {
  const buffer = new LogBuffer()
  buffer.push(bytes(`t ${'x'.repeat(100_000)}`), false)
  expect(buffer.lines[0]!.plain.length).toBe(20_000)
})
