import type { IncomingMessage } from 'node:http'
import { PassThrough, type Readable } from 'node:stream'
import { EngineError } from '../../../contract/errors.ts'

/**
 * A request's body for whoever reads it: to destroy it does not cut the connection, on which the answer is still to
 * go; what was not read is thrown away then. Fails with CANCELLED when the client goes away amid it.
 */
export function requestBody(request: IncomingMessage): Readable {
  const body = new PassThrough()
  body.on('error', () => {})
  body.once('close', () => {
    request.unpipe(body)
    request.resume()
  })
  request.once('close', () => {
    if (request.complete) return
    body.destroy(new EngineError('CANCELLED', 'the client went away in the middle of its request'))
  })
  return request.pipe(body)
}
