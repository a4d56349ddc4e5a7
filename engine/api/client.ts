import type { FastifyReply } from 'fastify'

/** Aborts when the client goes away before its answer is complete, or when the engine closes. */
export function clientSignal(reply: FastifyReply, closing: AbortSignal): AbortSignal {
  const gone = new AbortController()
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) gone.abort()
  })
  return AbortSignal.any([gone.signal, closing])
}
