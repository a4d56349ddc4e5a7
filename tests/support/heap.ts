/** For an engine's environment: it can then be asked what it really holds. */
export const INSPECTED = { NODE_OPTIONS: '--inspect=127.0.0.1:0' }

/** Bytes that are in use once all garbage is collected, of a process that was started `INSPECTED` and said so in `log`. */
export async function liveBytes(log: string): Promise<number> {
  const [address] = /ws:\/\/127\.0\.0\.1:\S+/.exec(log)!
  const socket = new WebSocket(address)
  await new Promise((resolve, reject) => {
    socket.onopen = resolve
    socket.onerror = () => reject(new Error(`nobody answers on ${address}`))
  })
  const call = (id: number, method: string): Promise<unknown> =>
    new Promise((resolve) => {
      socket.addEventListener('message', ({ data }) => {
        const answer = JSON.parse(String(data)) as { id: number; result: unknown }
        if (answer.id === id) resolve(answer.result)
      })
      socket.send(JSON.stringify({ id, method }))
    })
  try {
    // What is reachable only through finalisers takes a second turn.
    for (const id of [1, 2, 3]) await call(id, 'HeapProfiler.collectGarbage')
    const usage = (await call(4, 'Runtime.getHeapUsage')) as { usedSize: number; backingStorageSize?: number }
    return usage.usedSize + (usage.backingStorageSize ?? 0)
  } finally {
    socket.close()
  }
}
