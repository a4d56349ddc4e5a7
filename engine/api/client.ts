import type { FastifyReply } from 'fastify'

/**
 * Aborts when the client goes away before its answer is complete, or when the engine closes. And once the answer is
 * complete: node keeps a signal of several for good where somebody still listens to it.
 */
export function clientSignal(reply: FastifyReply, closing: AbortSignal): AbortSignal {
  const gone = new AbortController()
  reply.raw.once('close', () => gone.abort())
  return AbortSignal.any([gone.signal, closing])
}
