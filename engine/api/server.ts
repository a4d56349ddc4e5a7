import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer as createSocketServer, type Socket } from 'node:net'
import { createApp } from './app.ts'
import type { Backend } from './backend.ts'
import { Connection } from './connection.ts'
import { listenOn } from './socket.ts'

/** How long `close` waits for answers under way, in milliseconds. */
const GRACE = 3000

export interface ApiServer {
  /** Rejects with CONFLICT where an engine already listens there. */
  listen(socketPath: string): Promise<void>
  /** Takes no more requests, ends what streams, lets short requests finish. */
  close(): Promise<void>
}

/** The engine's API: Docker's, and Ramet's own below `/ramet/v1/`. Requests that come early wait for `ready`. */
export function createServer(
  backend: Backend,
  options: { engineVersion: string; log(message: string): void; ready?: Promise<void> },
): ApiServer {
  const { log } = options
  const closing = new AbortController()
  const open = new Map<Socket, Connection>()
  const listener = createSocketServer({ allowHalfOpen: true })
  let removeSocket = async (): Promise<void> => {}

  return {
    async listen(socketPath) {
      const http = await createApp(backend, { ...options, closing: closing.signal })
      http.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
        const connection = request.socket as unknown as Connection
        connection.requests++
        response.once('close', () => {
          connection.requests--
          if (closing.signal.aborted) connection.destroy()
        })
      })
      listener.on('connection', (socket) => {
        const connection = new Connection(socket)
        open.set(socket, connection)
        socket.once('close', () => open.delete(socket))
        socket.once('finish', () => closing.signal.aborted && socket.destroy())
        http.emit('connection', connection)
      })
      removeSocket = await listenOn(listener, socketPath)
      listener.on('error', (error) => log(`the API's socket: ${error.message}`))
    },

    async close() {
      if (closing.signal.aborted) return
      closing.abort()
      const closed = new Promise((resolve) => listener.close(resolve))
      await removeSocket()
      for (const [socket, { requests }] of open)
        if (requests === 0 || socket.writableFinished) socket.destroy()
      const timer = setTimeout(() => {
        for (const socket of open.keys()) socket.destroy()
      }, GRACE)
      await closed
      clearTimeout(timer)
    },
  }
}
