import { expect, test } from 'vitest'
import { commandOf, placeOf } from './commands.ts'

test.each([
  [['ramet'], { do: 'show' }],
  [['electron', '.', '--hidden'], { do: 'hide' }],
  [['ramet', '--launch=0a1b2c'], { do: 'launch', id: '0a1b2c' }],
  [['ramet', '--launch=../../x'], { do: 'show' }],
  [['ramet', '--stop-all'], { do: 'stop-all' }],
  [['ramet', '--quit', '--original-process-start-time=1', '--unknown'], { do: 'quit' }],
  [['ramet', 'ramet://images'], { do: 'show', place: { page: 'images' } }],
  [['ramet', 'ramet://nonsense'], { do: 'show', place: undefined }],
])('%j means %j', (argv, command) => {
  expect(commandOf(argv)).toEqual(command)
})

test.each([
  ['ramet://containers', { page: 'containers' }],
  ['ramet://containers/', { page: 'containers' }],
  ['ramet:/doctor', { page: 'doctor' }],
  ['ramet://container/web', { page: 'container', id: 'web' }],
  ['ramet://container/web/logs', { page: 'container', id: 'web', tab: 'logs' }],
  ['ramet://container/web/delete', { page: 'container', id: 'web' }],
  ['ramet://container/..%2f..', undefined],
  ['ramet://container/', undefined],
  ['ramet://run', { page: 'run' }],
  ['ramet://run?image=redis%3A7', { page: 'run', image: 'redis:7' }],
  [`ramet://run?image=${'x'.repeat(600)}`, { page: 'run' }],
  ['ramet://launch/1', undefined],
  ['ramet://stop-all', undefined],
  ['https://containers', undefined],
  ['ramet', undefined],
])('%s leads to %j', (link, place) => {
  expect(placeOf(link)).toEqual(place)
})
