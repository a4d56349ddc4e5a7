import { describe, expect, test } from 'vitest'
import { diskSize, memorySize, parseSize } from './bytes.ts'
import { ellipsis, table } from './table.ts'
import { ago, duration, milliseconds, timestamp } from './time.ts'

describe('sizes', () => {
  test.each([
    [0, '0B', '0 B'],
    [999, '999B', '999 B'],
    [1023, '1.02kB', '1023 B'],
    [4_261_574, '4.26MB', '4.06 MiB'],
    [1_048_576, '1.05MB', '1 MiB'],
    [999_999, '1MB', '977 KiB'],
    [536_870_912, '537MB', '512 MiB'],
    [1_072_693_248, '1.07GB', '1023 MiB'],
    [-2_097_152, '-2.1MB', '-2 MiB'],
  ])('%i bytes', (bytes, disk, memory) => {
    expect([diskSize(bytes), memorySize(bytes)]).toEqual([disk, memory])
  })

  test.each([
    ['0', 0],
    ['1048576', 1_048_576],
    ['10b', 10],
    ['512m', 536_870_912],
    ['1.5G', 1_610_612_736],
    ['64KiB', 65_536],
    ['64 kb', 65_536],
  ])('%s is read', (text, bytes) => {
    expect(parseSize(text)).toBe(bytes)
  })

  test.each(['', 'm', '-1', '12x', '1,5g', '1gg'])("'%s' is refused", (text) => {
    expect(() => parseSize(text)).toThrow(/is not a size/)
  })
})

describe('times', () => {
  test.each([
    [0.4, 'Less than a second'],
    [1.9, '1 second'],
    [59, '59 seconds'],
    [119, 'About a minute'],
    [3599, '59 minutes'],
    [3600, 'About an hour'],
    [47 * 3600, '47 hours'],
    [13 * 86_400, '13 days'],
    [30 * 86_400, '4 weeks'],
    [90 * 86_400, '3 months'],
    [800 * 86_400, '2 years'],
  ])('%d seconds', (seconds, words) => {
    expect(duration(seconds)).toBe(words)
  })

  test('ago counts from Unix seconds and from dates alike', () => {
    const now = Date.parse('2025-06-01T12:00:00Z')
    expect(ago('2025-06-01T11:57:00Z', now)).toBe('3 minutes ago')
    expect(ago(now / 1000 - 180, now)).toBe('3 minutes ago')
    expect(ago('0001-01-01T00:00:00Z', now)).toBe('N/A')
  })

  test('milliseconds become seconds', () => {
    expect([milliseconds(849.6), milliseconds(4_240)]).toEqual(['850 ms', '4.2 s'])
  })

  test('timestamps are Unix seconds, dates, or a time before now', () => {
    const now = 1_700_000_000_000
    expect(timestamp('1690000000.5', now)).toBe('1690000000.5')
    expect(timestamp('1h30m', now)).toBe('1699994600.000000000')
    expect(timestamp('2023-11-14T22:13:20Z', now)).toBe('1700000000.000000000')
    expect(Number(timestamp('2023-11-14', now))).toBe(new Date(2023, 10, 14).getTime() / 1000)
    expect(() => timestamp('yesterday', now)).toThrow(/is not a time/)
    expect(() => timestamp('2023-99-99', now)).toThrow(/is not a time/)
  })
})

describe('tables', () => {
  test('columns stand under their headings', () => {
    expect(table(['NAME', 'SIZE'], [['a-long-name', '1B'], ['b…']])).toBe(
      'NAME          SIZE\na-long-name   1B\nb…\n',
    )
  })

  test('text is cut with an ellipsis', () => {
    expect([ellipsis('four', 4), ellipsis('fives', 4)]).toEqual(['four', 'fiv…'])
  })
})
