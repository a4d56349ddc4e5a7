import type { RouteOptions } from 'fastify'
import type { TemplateCreateRequest, TemplateProgress } from '../../../contract/ramet.ts'
import type { TemplateBackend } from '../backend.ts'
import { clientSignal } from '../client.ts'
import { describe } from '../errors.ts'
import { Query } from '../query.ts'
import * as schemas from '../schemas.ts'
import { streamProgress } from '../streams/progress.ts'

export function templateRoutes(
  templates: TemplateBackend,
  { closing, log }: { closing: AbortSignal; log(message: string): void },
): RouteOptions[] {
  return [
    { method: 'GET', url: '/ramet/v1/templates', handler: async () => templates.list() },
    {
      method: 'POST',
      url: '/ramet/v1/templates',
      schema: { body: schemas.templateCreate },
      handler: async (request, reply) => {
        const signal = clientSignal(reply, closing)
        await streamProgress<TemplateProgress>(reply, {
          run: async (onProgress) => {
            const wanted = request.body as TemplateCreateRequest
            const template = await templates.create(wanted, { signal, onProgress })
            return { status: 'ready', template }
          },
          failure: (error) => ({ status: 'failed', error: describe(error) }),
          log,
        })
      },
    },
    {
      method: 'POST',
      url: '/ramet/v1/templates/prune',
      handler: async () => templates.prune(),
    },
    {
      method: 'DELETE',
      url: '/ramet/v1/templates/:id',
      handler: async (request, reply) => {
        const { id } = request.params as { id: string }
        await templates.remove(id, { force: new Query(request.query).flag('force') })
        return reply.code(204).send()
      },
    },
  ]
}
