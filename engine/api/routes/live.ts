import type { FastifyRequest, RouteOptions } from 'fastify'
import type { CheckpointCreateRequest } from '../../../contract/docker.ts'
import type { ForkRequest, FreezeRequest, RewindRequest } from '../../../contract/ramet.ts'
import { EngineError } from '../../../contract/errors.ts'
import type { LiveBackend } from '../backend.ts'
import { clientSignal } from '../client.ts'
import { Query } from '../query.ts'
import * as schemas from '../schemas.ts'
import { parseTime } from '../time.ts'

const id = (request: FastifyRequest): string => (request.params as { id: string }).id

/** What is done with containers while they run; Docker has a word for checkpoints alone. */
export function liveRoutes(live: LiveBackend, { closing }: { closing: AbortSignal }): RouteOptions[] {
  return [
    {
      method: 'POST',
      url: '/ramet/v1/containers/:id/freeze',
      schema: { body: schemas.freeze },
      handler: async (request, reply) => {
        reply.code(201)
        const signal = clientSignal(reply, closing)
        return live.freeze(id(request), (request.body as FreezeRequest).reference, { signal })
      },
    },
    {
      method: 'POST',
      url: '/ramet/v1/containers/:id/fork',
      schema: { body: schemas.fork },
      handler: async (request, reply) => {
        reply.code(201)
        return live.fork(id(request), (request.body as ForkRequest | null) ?? {})
      },
    },
    {
      method: 'POST',
      url: '/ramet/v1/containers/:id/rewind',
      schema: { body: schemas.rewind },
      handler: async (request, reply) => {
        await live.rewind(id(request), (request.body as RewindRequest | null)?.checkpoint)
        return reply.code(204).send()
      },
    },
    {
      method: 'GET',
      url: '/ramet/v1/containers/:id/activity',
      handler: async (request) =>
        live.activity(id(request), parseTime(new Query(request.query).text('since') ?? '0')),
    },
    { method: 'GET', url: '/ramet/v1/lineage', handler: async () => live.lineage() },
    {
      method: 'POST',
      url: '/containers/:id/checkpoints',
      schema: { body: schemas.checkpointCreate },
      handler: async (request, reply) => {
        await live.checkpoint(id(request), (request.body as CheckpointCreateRequest | null) ?? {})
        return reply.code(201).send()
      },
    },
    {
      method: 'GET',
      url: '/containers/:id/checkpoints',
      handler: async (request) => {
        refuseFolder(request)
        return live.checkpoints(id(request))
      },
    },
    {
      method: 'DELETE',
      url: '/containers/:id/checkpoints/:checkpoint',
      handler: async (request, reply) => {
        refuseFolder(request)
        await live.removeCheckpoint(id(request), (request.params as { checkpoint: string }).checkpoint)
        return reply.code(204).send()
      },
    },
  ]
}

function refuseFolder(request: FastifyRequest): void {
  if (!new Query(request.query).text('dir')) return
  throw new EngineError(
    'NOT_SUPPORTED',
    'a checkpoint lies with the templates, where its memory is shared: leave out --checkpoint-dir',
  )
}
