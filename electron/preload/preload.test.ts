import { expect, test, vi } from 'vitest'
import { IPC_CHANNELS } from '../../contract/ipc.ts'
import { fakeElectron } from '../testing/fake-electron.ts'

const seen = vi.hoisted(() => ({ exposed: {} as Record<string, unknown>, invoked: [] as unknown[][] }))

vi.mock('electron', () =>
  fakeElectron({
    contextBridge: { exposeInMainWorld: (name: string, value: unknown) => (seen.exposed[name] = value) },
    ipcRenderer: {
      invoke: async (...args: unknown[]) => {
        seen.invoked.push(args)
        return { ok: true, value: 'answer' }
      },
    },
  }),
)

test('the window gets one bridge with one function for each channel, which only forwards', async () => {
  await import('./preload.ts')
  expect(Object.keys(seen.exposed)).toEqual(['ramet'])
  const bridge = seen.exposed['ramet'] as Record<string, (...args: unknown[]) => Promise<unknown>>
  expect(Object.keys(bridge)).toEqual([...IPC_CHANNELS])
  expect(await bridge['streamHead']!(3)).toEqual({ ok: true, value: 'answer' })
  expect(seen.invoked).toEqual([['streamHead', 3]])
})
