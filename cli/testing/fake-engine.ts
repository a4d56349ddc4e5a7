import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'

export interface Call {
  /** `POST /containers/create`: without the version and the query. */
  what: string
  query: URLSearchParams
  body: string
}

type Answer = (call: Call, response: ServerResponse) => void
type Takeover = (call: Call, socket: Duplex) => void

/**
 * Stands in for the engine where a test is about what the command line sends and makes of the answers: the engine itself
 * would boot VMs. Answers only what it is told to; all else is an error, so that nothing is asked by accident.
 */
export class FakeEngine implements AsyncDisposable {
  readonly home: string
  readonly calls: Call[] = []
  readonly answers: Record<string, Answer> = { 'GET /_ping': (_call, response) => response.end('OK') }
  readonly takeovers: Record<string, Takeover> = {}
  readonly #server: Server
  /** Connections that were taken over: the server knows them no longer. */
  readonly #taken = new Set<Duplex>()

  private constructor(home: string) {
    this.home = home
    this.#server = createServer((request, response) => void this.#answer(request, response))
    this.#server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      void this.#takeOver(request, socket, head)
    })
  }

  static async start(): Promise<FakeEngine> {
    const engine = new FakeEngine(await mkdtemp(join(tmpdir(), 'ramet-fake-')))
    await mkdir(join(engine.home, 'run'))
    await new Promise<void>((resolve) => engine.#server.listen(engine.socketPath, resolve))
    return engine
  }

  get socketPath(): string {
    return join(this.home, 'run/docker.sock')
  }

  /** What was asked, in order, without the pings. */
  get asked(): string[] {
    return this.calls.map(({ what }) => what).filter((what) => what !== 'GET /_ping')
  }

  json(what: string, status: number, body?: unknown): void {
    this.answers[what] = (_call, response) => {
      response.writeHead(status, { 'Content-Type': 'application/json' })
      response.end(body === undefined ? undefined : JSON.stringify(body))
    }
  }

  /** Goes away without a word, as one that is killed. */
  drop(): void {
    this.#server.closeAllConnections()
    for (const socket of this.#taken) socket.destroy()
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const call = await this.#note(request)
    const answer = this.answers[call.what]
    if (answer) return answer(call, response)
    response.writeHead(500)
    response.end(JSON.stringify({ message: `unexpected: ${call.what}`, code: 'INTERNAL' }))
  }

  async #takeOver(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const length = Number(request.headers['content-length'] ?? 0)
    let received = head
    for (; received.length < length; received = Buffer.concat([received, socket.read() ?? Buffer.alloc(0)])) {
      await new Promise((resolve) => socket.once('readable', resolve))
    }
    socket.on('error', () => {})
    this.#taken.add(socket)
    const call = this.#call(request, received.subarray(0, length).toString())
    this.calls.push(call)
    const takeover = this.takeovers[call.what]
    if (!takeover) {
      socket.end(
        'HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n{"message":"no such thing","code":"NOT_FOUND"}',
      )
      return
    }
    socket.write('HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n')
    takeover(call, socket)
  }

  async #note(request: IncomingMessage): Promise<Call> {
    let body = ''
    for await (const part of request) body += String(part)
    const call = this.#call(request, body)
    this.calls.push(call)
    return call
  }

  #call(request: IncomingMessage, body: string): Call {
    const url = new URL(request.url!, 'http://engine')
    return {
      what: `${request.method} ${url.pathname.replace(/^\/v1\.\d+/, '')}`,
      query: url.searchParams,
      body,
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.drop()
    await new Promise((resolve) => this.#server.close(resolve))
    await rm(this.home, { recursive: true })
  }
}

/** A frame of Docker's multiplexed stream. */
export function frame(stream: 1 | 2, text: string): Buffer {
  const header = Buffer.alloc(8)
  header[0] = stream
  header.writeUInt32BE(Buffer.byteLength(text), 4)
  return Buffer.concat([header, Buffer.from(text)])
}
