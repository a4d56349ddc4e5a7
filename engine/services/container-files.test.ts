import { expect, test } from 'vitest'
import { goFileMode } from './file-mode.ts'
import { processTable } from './process-table.ts'

test('modes are told in the bits of Go', () => {
  expect(goFileMode(0o100644)).toBe(0o644)
  expect(goFileMode(0o040755)).toBe(2 ** 31 + 0o755)
  expect(goFileMode(0o120777)).toBe(2 ** 27 + 0o777)
  expect(goFileMode(0o104755)).toBe(2 ** 23 + 0o755)
  expect(goFileMode(0o041777)).toBe(2 ** 31 + 2 ** 20 + 0o777)
  expect(goFileMode(0o020666)).toBe(2 ** 26 + 2 ** 21 + 0o666)
})

const PROCESS = [
  '7',
  '1',
  '0',
  'root',
  '3725000',
  '1700000000',
  '512',
  '4096',
  '?',
  'S',
  'sleep',
  'sleep 600 ',
]

test('processes are shown as ps shows them', () => {
  const full = processTable('-ef')(PROCESS)
  expect(full.Titles).toEqual(['UID', 'PID', 'PPID', 'C', 'STIME', 'TTY', 'TIME', 'CMD'])
  expect(full.Processes).toHaveLength(1)
  expect(full.Processes[0]).toMatchObject({
    0: 'root',
    1: '7',
    2: '1',
    5: '?',
    6: '01:02:05',
    7: 'sleep 600',
  })
  expect(processTable('-o pid,rss,cmd')([...PROCESS, ...PROCESS])).toEqual({
    Titles: ['PID', 'RSS', 'COMMAND'],
    Processes: [
      ['7', '512', 'sleep 600'],
      ['7', '512', 'sleep 600'],
    ],
  })
  expect(processTable('aux')(PROCESS).Titles[0]).toBe('USER')
})

test('columns that are not known are refused before anybody is asked', () => {
  expect(() => processTable('-o pid,__proto__')).toThrow("ps options '-o pid,__proto__' are not known here")
  expect(() => processTable('--forest')).toThrow('are not known here')
})
