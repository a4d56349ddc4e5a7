import { request, type IncomingMessage, type RequestOptions } from 'node:http'
import type { Duplex, Readable } from 'node:stream'
import { API_VERSION } from '../../contract/docker.ts'
import { EngineError, ERROR_STATUS, type ErrorCode } from '../../contract/errors.ts'

export type Query = Record<string, string | number | boolean | string[] | undefined>

export interface CallOptions {
  query?: Query
  /** Sent as JSON; a stream goes out as it is, as a tar archive. */
  body?: object | Readable
  signal?: AbortSignal
}

/**
 * The engine's API over its unix socket. Every method rejects with an EngineError: the engine's own, with its code, or
 * one that says that the engine cannot be reached. Paths under `/ramet/` are sent as they are, all others with the
 * version of Docker's API.
 */
export class EngineClient {
  readonly socketPath: string

  constructor(socketPath: string) {
    this.socketPath = socketPath
  }

  async get<T>(path: string, query?: Query): Promise<T> {
    return (await this.call<T>('GET', path, { query })) as T
  }

  /** The answer's JSON; undefined where it has no body (204, 304). */
  async call<T>(method: string, path: string, options: CallOptions = {}): Promise<T | undefined> {
    return parse<T>(await text(await this.stream(method, path, options)))
  }

  /** The answer as it comes in; its status is below 400. */
  async stream(method: string, path: string, options: CallOptions = {}): Promise<IncomingMessage> {
    const answer = await this.#send(method, path, options)
    if ((answer.statusCode ?? 500) >= 400) throw refusal(answer.statusCode!, await text(answer))
    return answer
  }

  /**
   * Takes the connection over for a two-way stream, as attach and exec do. What is written goes to the process's
   * standard input; `end()` closes that and leaves the other direction open.
   */
  hijack(path: string, options: CallOptions = {}): Promise<Duplex> {
    return new Promise((resolve, reject) => {
      const { headers, payload } = encode(options.body)
      const call = request(
        this.#options('POST', path, options, { ...headers, Connection: 'Upgrade', Upgrade: 'tcp' }),
      )
      call.once('upgrade', (_answer, socket: Duplex, head: Buffer) => {
        if (head.length > 0) socket.unshift(head)
        resolve(socket)
      })
      call.once('response', (answer) => {
        text(answer).then((body) => reject(refusal(answer.statusCode ?? 500, body)), reject)
      })
      call.once('error', (error) => reject(this.#unreachable(error)))
      call.end(payload)
    })
  }

  #send(method: string, path: string, options: CallOptions): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const { headers, payload, source } = encode(options.body)
      const call = request(this.#options(method, path, options, headers), resolve)
      call.once('error', (error) => reject(options.signal?.aborted ? error : this.#unreachable(error)))
      if (!source) {
        call.end(payload)
        return
      }
      source.once('error', (error) => {
        call.destroy()
        reject(error)
      })
      source.pipe(call)
    })
  }

  #options(method: string, path: string, { query, signal }: CallOptions, headers: Headers): RequestOptions {
    const prefix = path.startsWith('/ramet/') ? '' : `/v${API_VERSION}`
    // A connection each: one that is kept may be closed by the engine just as the next request goes out on it.
    return {
      socketPath: this.socketPath,
      method,
      path: `${prefix}${path}${search(query)}`,
      headers,
      signal,
      agent: false,
    }
  }

  #unreachable(error: NodeJS.ErrnoException): EngineError {
    const message = ['ENOENT', 'ECONNREFUSED'].includes(error.code ?? '')
      ? `no engine answers on ${this.socketPath}; start it with 'ramet engine start'`
      : `the connection to the engine broke (${error.code ?? error.message}); see 'ramet engine status'`
    return new EngineError('INTERNAL', message, { cause: error })
  }
}

type Headers = Record<string, string | number>

function encode(body: CallOptions['body']): { headers: Headers; payload?: string; source?: Readable } {
  if (body === undefined) return { headers: {} }
  if ('pipe' in body) return { headers: { 'Content-Type': 'application/x-tar' }, source: body as Readable }
  const payload = JSON.stringify(body)
  return {
    headers: { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(payload) },
    payload,
  }
}

function search(query: Query = {}): string {
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined || value === false) continue
    for (const each of Array.isArray(value) ? value : [value]) {
      parameters.append(name, each === true ? '1' : String(each))
    }
  }
  const text = parameters.toString()
  return text ? `?${text}` : ''
}

function parse<T>(body: string): T | undefined {
  return body.trim() ? (JSON.parse(body) as T) : undefined
}

async function text(answer: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  try {
    for await (const part of answer) parts.push(part as Buffer)
  } catch (error) {
    throw new EngineError('INTERNAL', "the engine went away while it answered; see 'ramet engine status'", {
      cause: error,
    })
  }
  return Buffer.concat(parts).toString()
}

/** The error that an answer of 400 and above stands for. */
function refusal(status: number, body: string): EngineError {
  let told: { message?: string; code?: string } = {}
  try {
    told = JSON.parse(body) as typeof told
  } catch {
    // Not JSON: somebody else answers on the socket. The text is all there is.
  }
  const known = told.code !== undefined && told.code in ERROR_STATUS
  const code = known ? (told.code as ErrorCode) : status === 404 ? 'NOT_FOUND' : 'INTERNAL'
  return new EngineError(code, told.message ?? `the engine answered ${status}: ${body.trim() || 'nothing'}`)
}
