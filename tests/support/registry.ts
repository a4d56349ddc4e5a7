import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { command } from './engine.ts'

/** Looks at a request before the registry does; answers it itself and returns true, or leaves it alone. A promise holds it up. */
export type Intercept = (call: IncomingMessage, answer: ServerResponse) => boolean | Promise<boolean>

/**
 * Debian's docker-registry, without TLS, behind a port of the loopback. It listens on a socket of its own: a port that is
 * free when it is told to may be another's when it binds it. All of it goes when it is disposed of.
 */
export class TestRegistry implements AsyncDisposable {
  /** `localhost:PORT`, where `intercept` is asked first. */
  readonly host: string
  /** Where it keeps blobs: `docker/registry/v2/blobs/sha256/XX/HEX/data`. */
  readonly folder: string
  /** Of the registry itself. */
  readonly #socket: string
  readonly #process: ChildProcess
  readonly #front: Server
  intercept: Intercept = () => false

  private constructor(socket: string, folder: string, child: ChildProcess, front: Server) {
    this.#socket = socket
    this.folder = folder
    this.#process = child
    this.#front = front
    this.host = `localhost:${portOf(front)}`
    front.on('request', (call: IncomingMessage, answer: ServerResponse) => void this.#take(call, answer))
  }

  static async start(): Promise<TestRegistry> {
    const folder = await mkdtemp(join(tmpdir(), 'ramet-registry-'))
    const socket = join(folder, 'socket')
    const config = {
      version: '0.1',
      log: { level: 'error', accesslog: { disabled: true } },
      storage: { filesystem: { rootdirectory: folder } },
      http: { net: 'unix', addr: socket },
    }
    // YAML is a superset of JSON.
    await writeFile(join(folder, 'config.yml'), JSON.stringify(config))
    const child = spawn('docker-registry', ['serve', join(folder, 'config.yml')], { stdio: 'ignore' })
    const registry = new TestRegistry(socket, folder, child, await listen(createServer()))
    await registry.#answers()
    return registry
  }

  /** Pushes an OCI archive as `name` (`repository:tag`). Returns the full reference. */
  async push(archive: string, name: string, flags: string[] = []): Promise<string> {
    const reference = `${this.host}/${name}`
    const args = ['copy', '--quiet', '--dest-tls-verify=false', ...flags]
    const { code, stderr } = await command('skopeo', [
      ...args,
      `oci-archive:${archive}`,
      `docker://${reference}`,
    ])
    if (code !== 0) throw new Error(`cannot push ${reference}: ${stderr}`)
    return reference
  }

  /** The file of a blob, to be damaged. */
  blobFile(digest: string): string {
    const hex = digest.replace('sha256:', '')
    return join(this.folder, 'docker/registry/v2/blobs/sha256', hex.slice(0, 2), hex, 'data')
  }

  async #answers(): Promise<void> {
    let failed: Error | undefined
    this.#process.once('error', (error) => (failed = error))
    for (const deadline = Date.now() + 20_000; Date.now() < deadline && !failed; await delay(50)) {
      if (this.#process.exitCode !== null) break
      if (await listens(this.#socket)) return
    }
    await this[Symbol.asyncDispose]()
    throw failed ?? new Error('docker-registry did not come up')
  }

  /** Takes it off the network. */
  async stop(): Promise<void> {
    this.#front.closeAllConnections()
    this.#front.close()
    if (this.#process.pid === undefined || this.#process.exitCode !== null || this.#process.signalCode) return
    const gone = new Promise((resolve) => this.#process.once('exit', resolve))
    this.#process.kill('SIGKILL')
    await gone
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
    await rm(this.folder, { recursive: true, force: true })
  }

  async #take(call: IncomingMessage, answer: ServerResponse): Promise<void> {
    if (!(await this.intercept(call, answer))) this.#forward(call, answer)
  }

  #forward(call: IncomingMessage, answer: ServerResponse): void {
    const { method, url, headers } = call
    const onward = request({ socketPath: this.#socket, method, path: url, headers }, (response) => {
      answer.writeHead(response.statusCode ?? 502, response.headers)
      response.pipe(answer)
    })
    onward.once('error', () => answer.destroy())
    call.pipe(onward)
  }
}

/** Refuses every request without this login. */
export function demandLogin(username: string, password: string): Intercept {
  const expected = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
  return (call, answer) => {
    if (call.headers.authorization === expected) return false
    const body = { errors: [{ code: 'UNAUTHORIZED', message: 'authentication required' }] }
    answer.writeHead(401, { 'WWW-Authenticate': 'Basic realm="test"', 'Content-Type': 'application/json' })
    answer.end(JSON.stringify(body))
    return true
  }
}

async function listens(path: string): Promise<boolean> {
  const socket = connect(path)
  const there = await once(socket, 'connect').then(() => true, () => false) // prettier-ignore
  socket.destroy()
  return there
}

async function listen(server: Server): Promise<Server> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port
