import { expect, test } from 'vitest'
import { DetachFilter, parseDetachKeys } from './detach-keys.ts'

const P = '\x10'
const Q = '\x11'

function type(...inputs: string[]): { passed: string[]; detached: boolean } {
  const filter = new DetachFilter()
  const passed = inputs.map((input) => filter.pass(Buffer.from(input)).toString())
  return { passed, detached: filter.detached }
}

test('ctrl-p ctrl-q detaches, together or apart, and is not passed on', () => {
  expect(type(`ls\n${P}${Q}`)).toEqual({ passed: ['ls\n'], detached: true })
  expect(type(P, Q)).toEqual({ passed: ['', ''], detached: true })
  expect(type(`${P}${Q}after`)).toEqual({ passed: [''], detached: true })
})

test('ctrl-p followed by anything else reaches the process', () => {
  expect(type(P, 'x')).toEqual({ passed: ['', `${P}x`], detached: false })
  expect(type(`${P}${P}`, Q)).toEqual({ passed: [P, ''], detached: true })
  expect(type(Q, P)).toEqual({ passed: [Q, ''], detached: false })
})

test('bytes beyond ASCII are passed whole', () => {
  expect(type('größe €')).toEqual({ passed: ['größe €'], detached: false })
})

test('keys are read as Docker writes them', () => {
  expect([...parseDetachKeys('ctrl-p,ctrl-q')]).toEqual([16, 17])
  expect([...parseDetachKeys('ctrl-@,x,ctrl-]')]).toEqual([0, 120, 29])
  expect(() => parseDetachKeys('ctrl-1')).toThrow("'ctrl-1' is not a key")
  expect(() => parseDetachKeys('')).toThrow('is not a key')
})
