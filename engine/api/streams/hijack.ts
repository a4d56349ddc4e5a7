import { once } from 'node:events'
import { ServerResponse, type IncomingMessage, type Server } from 'node:http'
import type { Socket } from 'node:net'
import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { EngineError } from '../../../contract/errors.ts'
import type { Connection } from '../connection.ts'
import { withoutVersion } from '../version.ts'
import { outputType } from './multiplex.ts'

const HIJACKING = /^\/(containers\/[^/]+\/attach|exec\/[^/]+\/start)(\?|$)/

/** Sockets of requests with `Upgrade`: node's parser is done with them after the head. */
const upgraded = new WeakMap<IncomingMessage, Socket>()

/** Has `server` pass requests with `Upgrade` to its ordinary routes, and keep what follows a hijack from its parser. */
export function allowHijack(server: Server): void {
  server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
    const { method, url = '', headers } = request
    const connection = connectionOf(request)
    connection.begin(request)
    // A chunked body's length is known to the parser alone: nothing can be kept from it.
    if (method !== 'POST' || headers['transfer-encoding'] || !HIJACKING.test(withoutVersion(url))) return
    connection.hold()
    response.once('close', () => connection.release())
  })
  server.on('upgrade', (request: IncomingMessage, _stream: unknown, head: Buffer) => {
    const socket = connectionOf(request).takeSocket(head)
    const response = new ServerResponse(request)
    // An answer that is no hijack is the last on this connection.
    response.shouldKeepAlive = false
    response.assignSocket(socket)
    response.once('finish', () => finish(socket))
    socket.on('error', () => socket.destroy())
    upgraded.set(request, socket)
    server.emit('request', request, response)
  })
}

/** Reads the bodies of upgraded requests, which node leaves on the socket. */
export function readUpgradedBodies(app: FastifyInstance, limit: number): void {
  app.addHook('preParsing', async (request, _reply, payload) => {
    const socket = upgraded.get(request.raw)
    if (!socket) return payload
    const { headers } = request
    const length = Number(headers['content-length'] ?? 0)
    if (headers['transfer-encoding'] || length > limit) {
      throw new EngineError(
        'INVALID_ARGUMENT',
        `a request with Upgrade needs a Content-Length of at most ${limit}`,
      )
    }
    return Readable.from([await readBytes(socket, length)])
  })
}

async function readBytes(socket: Socket, length: number): Promise<Buffer> {
  const parts: Buffer[] = []
  for (let missing = length; missing > 0;) {
    const part = socket.read() as Buffer | null
    if (part) {
      parts.push(part.subarray(0, missing))
      if (part.length > missing) socket.unshift(part.subarray(missing))
      missing -= Math.min(missing, part.length)
    } else {
      if (socket.readableEnded || socket.destroyed) {
        throw new EngineError('CANCELLED', 'the client went away in the middle of its request')
      }
      await news(socket)
    }
  }
  return Buffer.concat(parts)
}

/** Something to read, or the end of it. */
async function news(socket: Socket): Promise<void> {
  const others = new AbortController()
  const events = ['readable', 'end', 'close'].map((event) => once(socket, event, { signal: others.signal }))
  await Promise.race(events).finally(() => others.abort())
}

/** Takes the connection over: tells the client so, and answers the bare socket. It is no HTTP from here on. */
export function hijack(request: FastifyRequest, reply: FastifyReply, { tty }: { tty: boolean }): Socket {
  reply.hijack()
  const wasUpgraded = upgraded.get(request.raw)
  const connection = connectionOf(request.raw)
  reply.raw.detachSocket(wasUpgraded ?? (connection as unknown as Socket))
  const socket = wasUpgraded ?? connection.takeSocket()
  const status = wasUpgraded
    ? 'HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp'
    : 'HTTP/1.1 200 OK'
  socket.write(`${status}\r\nContent-Type: ${outputType(request, tty)}\r\n\r\n`)
  return socket
}

/** Milliseconds that a client has to end its side once all is said. */
const LINGER = 5000

/** Ends our side. What the client still sends is thrown away: closing on unread data would cost it the last answer. */
export function finish(socket: Socket): void {
  const timer = setTimeout(() => socket.destroy(), LINGER).unref()
  socket.once('close', () => clearTimeout(timer))
  socket.end()
  socket.resume()
}

function connectionOf(request: IncomingMessage): Connection {
  return request.socket as unknown as Connection
}
