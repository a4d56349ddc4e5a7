import { contextBridge, ipcRenderer } from 'electron'
import { IPC_CHANNELS, type RametBridge } from '../../contract/ipc.ts'

// Forwards questions and answers, and nothing else: no event of Electron's, and no function of either side, gets across.
const bridge = Object.fromEntries(
  IPC_CHANNELS.map((channel) => [
    channel,
    (...args: unknown[]): Promise<unknown> => ipcRenderer.invoke(channel, ...args),
  ]),
) as unknown as RametBridge

contextBridge.exposeInMainWorld('ramet', bridge)
