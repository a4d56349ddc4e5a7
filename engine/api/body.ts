import type { FastifyBodyParser, FastifyInstance } from 'fastify'
import { EngineError } from '../../contract/errors.ts'

const JSON_TYPE = /^application\/json\s*(;|$)/i

/** Reads a request's body as JSON, whatever it says it is: an empty one is none, any other must be called JSON. */
export function jsonBody(app: FastifyInstance): FastifyBodyParser<string> {
  const parse = app.getDefaultJsonParser('error', 'error')
  return (request, text, done) => {
    const type = request.headers['content-type'] ?? ''
    if (text.length === 0) return done(null, undefined)
    if (JSON_TYPE.test(type)) return void parse(request, text, done)
    done(
      new EngineError(
        'INVALID_ARGUMENT',
        `unsupported Content-Type header (${type}): must be 'application/json'`,
      ),
    )
  }
}
