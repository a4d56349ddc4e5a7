import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import type { TestEngine } from './engine.ts'

/** Leads to an engine, and tells what was asked of it there: for programs that do not say how far they are. */
export interface Ear extends AsyncDisposable {
  /** The value of DOCKER_HOST. */
  host: string
  /** All that clients have sent. */
  heard(): string
}

export async function overhear(engine: TestEngine): Promise<Ear> {
  const path = join(engine.home, 'ear.sock')
  const open = new Set<Socket>()
  let heard = ''
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const onward = connect({ path: engine.socket, allowHalfOpen: true })
    client.on('data', (data) => (heard += data.toString('latin1')))
    for (const [from, to] of [
      [client, onward],
      [onward, client],
    ] as const) {
      // prettier-ignore
      open.add(from)
      from.on('error', () => to.destroy()).on('close', () => open.delete(from))
      from.pipe(to)
    }
  }).listen(path)
  await once(server, 'listening')
  return {
    host: `unix://${path}`,
    heard: () => heard,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
