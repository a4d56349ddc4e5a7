import { expect, test } from 'vitest'
import { plain, spans } from './ansi.ts'

test('colours are honoured', () => {
  expect(spans('\u001b[31mred\u001b[0m and \u001b[1;92mbold\u001b[22m green')).toEqual([
    { text: 'red', look: 'c1' },
    { text: ' and ', look: '' },
    { text: 'bold', look: 'c2b bold' },
    { text: ' green', look: 'c2b' },
  ])
  expect(spans('\u001b[38;5;9mx\u001b[38;2;1;2;3my\u001b[39mz')).toEqual([
    { text: 'x', look: 'c1b' },
    { text: 'y', look: 'c1b' },
    { text: 'z', look: '' },
  ])
})

test.each([
  ['a title', '\u001b]0;owned\u0007text'],
  ['a link', '\u001b]8;;http://evil.example\u001b\\text\u001b]8;;\u001b\\'],
  ['the clipboard', '\u001b]52;c;aGk=\u0007text'],
  ['a cleared screen', '\u001b[2J\u001b[Htext'],
  ['a device string', '\u001bPq#0\u001b\\text'],
  ['a reset', '\u001bctext'],
  ['controls', '\u0000te\u0008xt\u009b'],
  ['half an escape', 'text\u001b['],
  ['half a title', 'text\u001b]0;owned'],
])('nothing else does anything: %s', (_what, line) => {
  expect(plain(line)).toBe('text')
  expect(spans(line).map(({ text }) => text).join('')).toBe('text') // prettier-ignore
})

test('markup is text', () => {
  expect(spans('<img src=x onerror=alert(1)>')).toEqual([{ text: '<img src=x onerror=alert(1)>', look: '' }])
})
