import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import { EngineError, ERROR_STATUS } from '../../contract/errors.ts'
import { checkHost, checkOrigin, checkSession, SUBPROTOCOL } from './guard.ts'
import { fail, proxy } from './proxy.ts'
import { Session } from './session.ts'
import { protect, sendFile } from './static.ts'
import { MESSAGE_MAX, serveStream } from './stream.ts'

const API = '/api'
const TOKEN_MAX = 1024

export interface ConsoleOptions {
  socketPath: string
  /** The built window. */
  folder: string
  /** 0 for any that is free. */
  port: number
  /** Starts the engine where none answers. */
  startEngine(): Promise<unknown>
}

export interface Console {
  /** The link that opens the window, once. */
  link: string
  close(): Promise<void>
}

/**
 * The window for a browser, on loopback alone: its files to anybody, the engine's API to the page that redeemed the
 * link. A page of elsewhere is refused by its Host, its Origin and its lack of a session, each by itself.
 */
export async function openConsole(options: ConsoleOptions): Promise<Console> {
  const session = new Session()
  const streams = new WebSocketServer({
    noServer: true,
    maxPayload: MESSAGE_MAX,
    handleProtocols: () => SUBPROTOCOL,
  })
  const server = createServer((request, response) => {
    response.on('error', () => {})
    protect(response)
    answer(request, response).catch((error: unknown) => refuse(response, error))
  })
  const port = (): number => (server.address() as AddressInfo).port

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method, headers, url = '/' } = request
    checkHost(headers, port())
    const path = url.split('?')[0]!
    if (method === 'GET' && !path.startsWith(`${API}/`)) return sendFile(response, options.folder, path)
    checkOrigin(headers, port(), method !== 'GET' && method !== 'HEAD')
    response.setHeader('Cache-Control', 'no-store')
    if (method === 'POST' && path === '/session') return redeem(request, response)
    checkSession(headers, session)
    if (path.startsWith(`${API}/`)) return proxy(options.socketPath, request, response, url.slice(API.length))
    if (method === 'POST' && path === '/engine/start') {
      await options.startEngine()
      return void response.writeHead(204).end()
    }
    throw new EngineError('NOT_FOUND', `page not found: ${path}`)
  }

  async function redeem(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let token = ''
    for await (const part of request) {
      token += String(part)
      if (token.length > TOKEN_MAX) throw new EngineError('INVALID_ARGUMENT', 'that is no token')
    }
    const secret = session.redeem(token)
    if (secret === undefined) {
      throw new EngineError(
        'UNAUTHORIZED',
        "this link was used already, or is too old; run 'ramet gui --browser' again and open the new one",
      )
    }
    response.writeHead(200, { 'Content-Type': 'text/plain' }).end(secret)
  }

  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => {})
    try {
      checkHost(request.headers, port())
      checkOrigin(request.headers, port(), true)
      checkSession(request.headers, session)
      if (request.url !== '/stream') throw new EngineError('NOT_FOUND', 'no stream is there')
    } catch (error) {
      const { code } = error as EngineError
      return void socket.end(`HTTP/1.1 ${ERROR_STATUS[code]} Refused\r\nConnection: close\r\n\r\n`)
    }
    streams.handleUpgrade(request, socket, head, (client) => serveStream(client, options.socketPath))
  })

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, '127.0.0.1', resolve)
  })
  return {
    link: `http://127.0.0.1:${port()}/#token=${session.token}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
        for (const client of streams.clients) client.terminate()
      }),
  }
}

function refuse(response: ServerResponse, error: unknown): void {
  if (response.headersSent) return void response.destroy()
  const known =
    error instanceof EngineError
      ? error
      : new EngineError('INTERNAL', `the console failed: ${(error as Error).message}`, { cause: error })
  fail(response, known, ERROR_STATUS[known.code])
}
