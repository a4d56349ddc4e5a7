import { open, rm } from 'node:fs/promises'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { EngineError } from '../../contract/errors.ts'
import type { VirtualMachine } from '../hypervisor/virtual-machine.ts'
import { splitStream } from './stream/splitter.ts'
import type { SplitResult } from './stream/types.ts'

/** Id of the guest RAM's memory backend in every VM's command line. */
const RAM_BLOCK = 'ram'

export interface FreezeOptions {
  /** New, empty folder; gets `ram` and `state`. */
  folder: string
  ramBytes: number
  /** Where QEMU sends the stream; a path of less than 108 bytes that nobody uses. */
  socketPath: string
  signal?: AbortSignal
}

/**
 * Freezes a VM: a live migration whose stream is taken apart. The VM is left stopped, its migration ended; the caller
 * resumes or ends it. Where the stream is refused the migration is given up and the VM is as it was.
 */
export async function freeze(
  vm: VirtualMachine,
  options: FreezeOptions,
): Promise<SplitResult & { downtimeMs: number }> {
  const ramFile = await open(join(options.folder, 'ram'), 'wx+', 0o600)
  const state = await open(join(options.folder, 'state'), 'wx+', 0o600)
  const listener = await listen(options.socketPath)
  try {
    await vm.migrateTo(options.socketPath)
    const socket = await listener.connection(options.signal)
    try {
      const { signal, ramBytes } = options
      const result = await splitStream(socket, { ramBlock: RAM_BLOCK, ramBytes, ramFile, state, signal })
      const { downtimeMs } = await vm.migrated(signal)
      await Promise.all([ramFile.sync(), state.sync()])
      return { ...result, downtimeMs }
    } finally {
      socket.destroy()
    }
  } catch (error) {
    // The first error is the one to tell; QEMU has usually given up by itself when its socket closed.
    await vm.cancelMigration().catch(() => {})
    throw error
  } finally {
    await listener.close()
    await Promise.all([ramFile.close(), state.close()])
  }
}

async function listen(path: string) {
  await rm(path, { force: true })
  const server = createServer()
  const first = new Promise<Socket>((resolve) => server.once('connection', resolve))
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, resolve)
  })
  return {
    connection(signal?: AbortSignal): Promise<Socket> {
      const timeout = AbortSignal.timeout(10_000)
      const ended = AbortSignal.any(signal ? [signal, timeout] : [timeout])
      return new Promise((resolve, reject) => {
        const onAbort = () =>
          reject(
            signal?.aborted
              ? signal.reason
              : new EngineError('QEMU_ERROR', 'QEMU did not start the migration within 10 s; try again'),
          )
        ended.addEventListener('abort', onAbort, { once: true })
        void first.then((socket) => {
          ended.removeEventListener('abort', onAbort)
          resolve(socket)
        })
      })
    },
    async close() {
      await new Promise<void>((resolve) => server.close(() => resolve()))
      await rm(path, { force: true })
    },
  }
}
