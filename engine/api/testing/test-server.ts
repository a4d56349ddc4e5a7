import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { request, type IncomingHttpHeaders } from 'node:http'
import { connect, type Socket } from 'node:net'
import { createServer, type ApiServer } from '../server.ts'
import { fakeBackend } from './fake-backend.ts'

export interface Answer {
  status: number
  headers: IncomingHttpHeaders
  body: string
}

/** The real server on a socket in a folder of its own, above a fake backend. Everything goes when disposed of. */
export class TestServer implements AsyncDisposable {
  readonly folder: string
  readonly socketPath: string
  readonly server: ApiServer
  /** What the server logged. */
  readonly logged: string[]
  readonly #sockets: Socket[] = []

  private constructor(folder: string, server: ApiServer, logged: string[]) {
    this.folder = folder
    this.socketPath = `${folder}/docker.sock`
    this.server = server
    this.logged = logged
  }

  static async start(parts?: Parameters<typeof fakeBackend>[0]): Promise<TestServer> {
    const logged: string[] = []
    const log = (message: string): void => void logged.push(message)
    const server = createServer(fakeBackend(parts), { engineVersion: '1.2.3', log })
    const test = new TestServer(await mkdtemp('/tmp/ramet-api-'), server, logged)
    await server.listen(test.socketPath)
    return test
  }

  /** One request to its end. A `body` that is no text is sent as JSON. */
  call(
    method: string,
    path: string,
    { body, headers = {} }: { body?: unknown; headers?: Record<string, string> } = {},
  ): Promise<Answer> {
    const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body)
    const type = text === undefined ? {} : { 'Content-Type': 'application/json' }
    const length = text === undefined ? {} : { 'Content-Length': Buffer.byteLength(text) }
    return new Promise((resolve, reject) => {
      const sent = request(
        { socketPath: this.socketPath, method, path, headers: { ...type, ...length, ...headers } },
        (answer) => {
          const parts: Buffer[] = []
          answer.on('data', (part: Buffer) => parts.push(part))
          answer.once('error', reject)
          answer.once('end', () => {
            const received = Buffer.concat(parts).toString()
            resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: received })
          })
        },
      )
      sent.once('error', reject)
      sent.end(text)
    })
  }

  /** A bare connection, for what no HTTP client would do. */
  async raw(): Promise<RawClient> {
    const socket = connect({ path: this.socketPath, allowHalfOpen: true })
    this.#sockets.push(socket)
    await once(socket, 'connect')
    return new RawClient(socket)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await this.server.close()
    await rm(this.folder, { recursive: true, force: true })
  }
}

/** Reads what arrives piece by piece, so that a test can say what comes before what. */
export class RawClient {
  readonly socket: Socket
  #received = Buffer.alloc(0)
  #ended = false
  #wake = (): void => {}

  constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (data) => {
      this.#received = Buffer.concat([this.#received, data])
      this.#wake()
    })
    const ended = (): void => {
      this.#ended = true
      this.#wake()
    }
    socket.on('end', ended).on('close', ended)
    socket.on('error', () => {})
  }

  send(data: string | Buffer): void {
    this.socket.write(data)
  }

  /** All up to and with `end`. Rejects when the connection ends first. */
  until(end: string): Promise<string> {
    return this.#take(() => {
      const at = this.#received.indexOf(end)
      return at < 0 ? undefined : at + Buffer.byteLength(end)
    }).then(String)
  }

  bytes(length: number): Promise<Buffer> {
    return this.#take(() => (this.#received.length < length ? undefined : length))
  }

  /** The rest, once the server has ended its side. */
  async rest(): Promise<string> {
    while (!this.#ended) await this.#news()
    return this.#received.toString()
  }

  async #take(length: () => number | undefined): Promise<Buffer> {
    for (;;) {
      const found = length()
      if (found !== undefined) {
        const taken = this.#received.subarray(0, found)
        this.#received = this.#received.subarray(found)
        return taken
      }
      if (this.#ended) throw new Error(`the connection ended; left over: ${this.#received.toString()}`)
      await this.#news()
    }
  }

  #news(): Promise<void> {
    return new Promise((resolve) => (this.#wake = resolve))
  }
}
