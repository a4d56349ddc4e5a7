import { once } from 'node:events'
import { createServer, type Server } from 'node:net'

/** Does on this machine what `net-tool sink` does: counts what comes, and says how much at the end. */
export async function netSink(): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    let bytes = 0n
    socket.on('data', (data) => (bytes += BigInt(data.length)))
    socket.on('end', () => socket.end(Buffer.from(new BigUint64Array([bytes]).buffer)))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}
