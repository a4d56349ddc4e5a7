import { expect, test } from 'vitest'
import { shownText } from './inert.ts'

test('what would act is shown as a sign, all else as it is', () => {
  expect(shownText('a\u001b[2Jb\u0007\u007f\u0085')).toBe('a�[2Jb���')
  expect(shownText('gpj\u202eexe \u2066x\u2069 \u200e\u2028')).toBe('gpj�exe �x� ��')
  const kept = `<b> ]]> "quoted"\n\ttext, עברית, عربي, 👩\u200d💻, می\u200cخواهم`
  expect(shownText(kept)).toBe(kept)
})

test('numbers, lists and nothing are told as Vue tells them', () => {
  expect([shownText(5), shownText(undefined), shownText(null), shownText(false)]).toEqual([
    '5',
    '',
    '',
    'false',
  ])
  expect(shownText(['a'])).toBe('[\n  "a"\n]')
})
