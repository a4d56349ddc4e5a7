import { request, type ClientRequest, type IncomingMessage, type RequestOptions } from 'node:http'
import type { Duplex } from 'node:stream'
import { API_VERSION } from '../../../contract/docker.ts'
import { EngineError } from '../../../contract/errors.ts'
import type { EngineAnswer, EngineRequest, StreamRequest } from '../../../contract/ipc.ts'
import { headOf, refusal, textOf } from './answer.ts'
import { EngineStream } from './stream.ts'

/**
 * The engine's API over its unix socket. Rejects with an EngineError: the engine's own, with its code, or one that says
 * that the engine cannot be reached.
 */
export class EngineConnection {
  readonly socketPath: string

  constructor(socketPath: string) {
    this.socketPath = socketPath
  }

  /** The answer's JSON. */
  async get<T>(path: string, signal?: AbortSignal): Promise<T> {
    return JSON.parse((await this.request({ method: 'GET', path }, signal)).text) as T
  }

  async request(wanted: EngineRequest, signal?: AbortSignal): Promise<EngineAnswer> {
    const answer = await this.#answer(this.#send(wanted, { signal }))
    const text = await textOf(answer)
    const head = headOf(answer)
    if (head.status >= 400) throw refusal(head.status, text)
    return { ...head, text }
  }

  /** Resolves once the request is on its way; a refusal comes with the stream's head. */
  open(wanted: StreamRequest): EngineStream {
    const { upload = false, hijack = false } = wanted
    const call = this.#send(wanted, { upload, hijack })
    return new EngineStream(call, { upload, answer: hijack ? this.#hijack(call) : this.#answer(call) })
  }

  /** Whether an engine answers right now. */
  async answers(milliseconds: number): Promise<boolean> {
    try {
      await this.request({ method: 'GET', path: '/_ping' }, AbortSignal.timeout(milliseconds))
      return true
    } catch {
      return false
    }
  }

  #send(
    { method, path, body, registryAuth }: EngineRequest,
    { upload = false, hijack = false, signal }: { upload?: boolean; hijack?: boolean; signal?: AbortSignal },
  ): ClientRequest {
    const text = body === undefined ? undefined : JSON.stringify(body)
    const headers: NonNullable<RequestOptions['headers']> = {}
    if (upload) headers['Content-Type'] = 'application/x-tar'
    if (text !== undefined) {
      headers['Content-Type'] = 'application/json'
      headers['Content-Length'] = Buffer.byteLength(text)
    }
    if (registryAuth !== undefined) headers['X-Registry-Auth'] = registryAuth
    if (hijack) Object.assign(headers, { Connection: 'Upgrade', Upgrade: 'tcp' })
    const prefix = path.startsWith('/ramet/') ? '' : `/v${API_VERSION}`
    // A connection each: one that is kept may be closed by the engine just as the next request goes out on it.
    const call = request({
      socketPath: this.socketPath,
      method,
      path: `${prefix}${path}`,
      headers,
      signal,
      agent: false,
    })
    if (!upload) call.end(text)
    return call
  }

  /** The head of an answer, whatever its status. */
  #answer(call: ClientRequest): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      call.once('response', resolve)
      call.on('error', (error) => reject(this.#unreachable(error)))
    })
  }

  /** The connection once it is ours, or the refusal. */
  #hijack(call: ClientRequest): Promise<{ head: IncomingMessage; socket: Duplex } | IncomingMessage> {
    return new Promise((resolve, reject) => {
      call.once('upgrade', (head, socket, first) => {
        if (first.length > 0) socket.unshift(first)
        resolve({ head, socket })
      })
      call.once('response', resolve)
      call.on('error', (error) => reject(this.#unreachable(error)))
    })
  }

  #unreachable(error: NodeJS.ErrnoException): EngineError {
    if (error.name === 'AbortError') return new EngineError('CANCELLED', 'the request was cancelled')
    const gone = ['ENOENT', 'ECONNREFUSED'].includes(error.code ?? '')
    const message = gone
      ? 'the engine does not run; it is started again, or start it on the Doctor page'
      : `the connection to the engine broke (${error.code ?? error.message}); try again`
    return new EngineError('INTERNAL', message, { cause: error })
  }
}
