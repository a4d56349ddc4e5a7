import { expect, test } from 'vitest'
import { BootLogs } from './boot-logs.ts'

test('what a machine says is kept for its run, the newest of it', async () => {
  const said = ['one\n', 'two\n', '', 'x'.repeat(70_000), 'again\n']
  const container = {
    running: true,
    record: { run: 1, templateId: 't' },
    vm: { console: async () => said.shift() ?? '' },
  }
  const logs = new BootLogs({ find: () => container, ofTemplate: async (id) => `boot of ${id}` })
  expect(await logs.of('a')).toEqual({ template: 'boot of t', machine: 'one\n' })
  expect((await logs.of('a')).machine).toBe('one\ntwo\n')
  expect((await logs.of('a')).machine).toBe('one\ntwo\n')
  expect((await logs.of('a')).machine).toHaveLength(65_536)
  container.record.run++
  expect((await logs.of('a')).machine).toBe('again\n')
  container.running = false
  container.record.templateId = ''
  expect(await logs.of('a')).toEqual({ template: '', machine: '' })
})
