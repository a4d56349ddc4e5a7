import { expect, test } from 'vitest'
import type { ShellEvent } from '../../../contract/ipc.ts'
import { ShellEvents } from './shell-events.ts'

const notice = (message: string): ShellEvent => ({ type: 'notice', level: 'info', message })

test('a window is told how things are, then what happens, once each', async () => {
  const events = new ShellEvents<object>(() => [notice('first')])
  const window = {}
  expect(await events.next(window)).toEqual([notice('first')])
  const waiting = events.next(window)
  events.tell(notice('a'))
  expect(await waiting).toEqual([notice('a')])
  events.tell(notice('b'))
  events.tell(notice('c'))
  expect(await events.next(window)).toEqual([notice('b'), notice('c')])
})

test('what must not be missed waits for the first window; all else is for those that are there', async () => {
  const events = new ShellEvents<object>(() => [])
  events.tell(notice('lost'))
  events.tell(notice('kept'), { keep: true })
  expect(await events.next({})).toEqual([notice('kept')])
  expect(await events.next({})).toEqual([])
})

test('a page that is gone is let go, and the next one begins anew', async () => {
  const events = new ShellEvents<object>(() => [notice('first')])
  const window = {}
  await events.next(window)
  const waiting = events.next(window)
  events.forget(window)
  expect(await waiting).toEqual([])
  expect(await events.next(window)).toEqual([notice('first')])
})

test('a window that does not ask keeps a bounded number', async () => {
  const events = new ShellEvents<object>(() => [])
  const window = {}
  await events.next(window)
  for (let each = 0; each < 1000; each++) events.tell(notice(String(each)))
  const told = await events.next(window)
  expect(told).toHaveLength(200)
  expect(told.at(-1)).toEqual(notice('999'))
})
