import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

const RETRY_MS = 5

/**
 * Connects to a unix socket that may not be there yet. Rejects with the last error at the deadline (a time of
 * performance.now()), or with the signal's reason.
 */
export async function connectWhenThere(
  path: string,
  deadline: number,
  signal?: AbortSignal,
): Promise<Socket> {
  for (;;) {
    signal?.throwIfAborted()
    try {
      return await connectOnce(path)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      const mayCome = code === 'ENOENT' || code === 'ECONNREFUSED'
      if (!mayCome || performance.now() >= deadline) throw error
    }
    await delay(RETRY_MS, undefined, { signal })
  }
}

function connectOnce(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path })
    socket.once('connect', () => {
      socket.off('error', reject)
      resolve(socket)
    })
    socket.once('error', reject)
  })
}
