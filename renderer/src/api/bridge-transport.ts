import { EngineError } from '../../../contract/errors.ts'
import type { IpcResult, RametBridge } from '../../../contract/ipc.ts'
import { refusal } from './failure.ts'
import type { EngineStream, Transport } from './transport.ts'

declare global {
  interface Window {
    /** Electron's bridge; absent in a browser. */
    readonly ramet?: RametBridge
  }
}

/** The engine through Electron's main process. */
export function bridgeTransport(bridge: RametBridge): Transport {
  return {
    async request(wanted) {
      const answer = await value(bridge.requestEngine(wanted))
      if (answer.status >= 400) throw refusal(answer.status, JSON.parse(answer.text || '{}') as object)
      return answer
    },
    async open(wanted) {
      return bridgeStream(bridge, await value(bridge.openStream(wanted)))
    },
    async save(wanted, name) {
      const stream = await value(bridge.openStream(wanted))
      return (await value(bridge.saveStream(stream, name))) !== null
    },
    async startEngine() {
      const state = await value(bridge.startEngine())
      if (state.phase === 'failed') throw new EngineError('INTERNAL', state.message)
    },
  }
}

function bridgeStream(bridge: RametBridge, stream: number): EngineStream {
  let closed = false
  return {
    head: () => value(bridge.streamHead(stream)),
    read: async () => (closed ? null : value(bridge.readStream(stream)).catch((error: unknown) => (closed ? null : Promise.reject(error as Error)))), // prettier-ignore
    write: (data) => value(bridge.writeStream(stream, data)),
    end: () => value(bridge.endStream(stream)),
    close() {
      closed = true
      // One that has ended is closed already.
      value(bridge.closeStream(stream)).catch(() => {})
    },
  }
}

/** Errors cross the bridge as values. */
export async function value<T>(result: Promise<IpcResult<T>>): Promise<T> {
  const told = await result
  if (told.ok) return told.value
  throw new EngineError(told.error.code, told.error.message)
}
