import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { awaitMonitor, type OwnMonitor } from './own-monitor.ts'
import { qmp } from './qmp.ts'

let folder: string
let qemu: Socket
let monitor: OwnMonitor

/** Answers each command with what `answers` has for it. */
async function start(answers: Record<string, object>): Promise<void> {
  const waiting = await awaitMonitor(`${folder}/monitor`)
  qemu = connect(`${folder}/monitor`)
  qemu.write('{"QMP": {"version": {}}}\r\n')
  qemu.on('data', (data) => {
    for (const line of data.toString().trim().split('\n')) {
      const { execute } = JSON.parse(line) as { execute: string }
      qemu.write(`${JSON.stringify(answers[execute] ?? { return: {} })}\r\n`)
    }
  })
  monitor = await waiting.monitor
}

beforeEach(async () => {
  folder = await mkdtemp('/tmp/ramet-monitor-')
})

afterEach(async () => {
  qemu.destroy()
  monitor.close()
  await rm(folder, { recursive: true })
})

test('answers in their order, and QEMU’s refusals in its own words', async () => {
  await start({
    'query-name': { return: { name: 'x' } },
    cont: { error: { class: 'GenericError', desc: 'not now' } },
    'human-monitor-command': { return: 'printed\r\n' },
  })
  const [name, refused, printed] = await Promise.all([
    qmp(monitor, 'query-name'),
    qmp(monitor, 'cont').catch((error: Error) => error.message),
    monitor.monitorCommand('info usernet', { hmp: true }),
  ])
  expect([name, refused, printed]).toEqual([{ name: 'x' }, 'QEMU refused cont: not now', 'printed\r\n'])
})

test('tells events, which come in pieces, to those who listen', async () => {
  await start({})
  const heard: unknown[] = []
  const told = new Promise<void>((resolve) => {
    monitor.onEvent((event, data) => {
      heard.push([event, data])
      resolve()
    })
  })
  qemu.write('{"event": "MIGRATION", "da')
  setTimeout(() => qemu.write('ta": {"status": "completed"}}\r\n'), 20)
  await told
  expect(heard).toEqual([['MIGRATION', { status: 'completed' }]])
})

test('where QEMU ends, what was asked is rejected, and it is no longer open', async () => {
  await start({})
  qemu.removeAllListeners('data')
  const asked = qmp(monitor, 'query-status')
  qemu.destroy()
  await expect(asked).rejects.toThrow('the VM ended')
  expect(monitor.open).toBe(false)
  await expect(qmp(monitor, 'query-status')).rejects.toThrow('the VM ended')
})

test('leaves no socket behind once QEMU has come', async () => {
  await start({})
  expect(await readdir(folder)).toEqual([])
})
