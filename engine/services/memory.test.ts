import { expect, test } from 'vitest'
import { coldBytes } from './memory.ts'

const template = { coldPrivateBytes: 130, coldOverheadBytes: 90, coldTranslatedBytes: 70 }

test('a VM of its own is credited with what its template held, and with no code twice', () => {
  expect(coldBytes(template, { translatedBytes: 18 })).toBe(220)
  expect(coldBytes(template, { translatedBytes: 100 })).toBe(250)
})

test('of a template that does not tell code apart no code is credited that it may have held', () => {
  const older = { ...template, coldTranslatedBytes: undefined }
  expect(coldBytes(older, { translatedBytes: 70 })).toBe(220)
  expect(coldBytes(older, { translatedBytes: 100 })).toBe(230)
})

test('without its template nothing is claimed', () => {
  expect(coldBytes(undefined, { translatedBytes: 100 })).toBe(0)
})
