import { request, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import { EngineError } from '../../contract/errors.ts'

/** What of a request the engine is told; the engine refuses what a browser adds. */
const FORWARDED = ['content-type', 'content-length', 'transfer-encoding', 'accept', 'x-registry-auth']
const RETURNED = ['content-type', 'content-length', 'x-docker-container-path-stat']

/** Hands a request on to the engine and its answer back, both as they come. */
export function proxy(
  socketPath: string,
  asked: IncomingMessage,
  response: ServerResponse,
  path: string,
): void {
  const call = request(
    { socketPath, method: asked.method, path, headers: picked(asked.headers, FORWARDED), agent: false },
    (answer) => {
      response.writeHead(answer.statusCode ?? 502, returned(answer.headers))
      answer.pipe(response)
      answer.once('error', () => response.destroy())
    },
  )
  // The engine cancels long work when its client goes.
  response.once('close', () => call.destroy())
  call.once('error', (error) => {
    if (response.headersSent) response.destroy()
    else fail(response, unreachable(error))
  })
  asked.pipe(call)
}

export function unreachable(cause: Error): EngineError {
  return new EngineError('INTERNAL', 'the engine does not answer; start it again', { cause })
}

/** An answer in the shape of the engine's own errors. */
export function fail(response: ServerResponse, error: EngineError, status = 502): void {
  response.writeHead(status, { 'Content-Type': 'application/json' })
  response.end(JSON.stringify({ message: error.message, code: error.code }))
}

/** What of an answer the page is told. */
export function returned(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return picked(headers, RETURNED)
}

function picked(headers: IncomingHttpHeaders, names: string[]): IncomingHttpHeaders {
  return Object.fromEntries(
    names.filter((name) => headers[name] !== undefined).map((name) => [name, headers[name]]),
  )
}
