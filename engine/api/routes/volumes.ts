import type { FastifyRequest, RouteOptions } from 'fastify'
import type { VolumeCreateRequest } from '../../../contract/docker-volumes.ts'
import type { VolumeBackend } from '../backend.ts'
import { Query } from '../query.ts'
import * as schemas from '../schemas.ts'

export function volumeRoutes(volumes: VolumeBackend): RouteOptions[] {
  return [
    {
      method: 'POST',
      url: '/volumes/create',
      schema: { body: schemas.volumeCreate },
      handler: async (request, reply) =>
        reply.code(201).send(await volumes.create((request.body ?? {}) as VolumeCreateRequest)),
    },
    {
      method: 'POST',
      url: '/volumes/prune',
      handler: async (request) => volumes.prune(new Query(request.query).filters()),
    },
    {
      method: 'GET',
      url: '/volumes',
      handler: async (request) => ({
        Volumes: await volumes.list(new Query(request.query).filters()),
        Warnings: null,
      }),
    },
    { method: 'GET', url: '/volumes/:name', handler: async (request) => volumes.inspect(name(request)) },
    {
      method: 'DELETE',
      url: '/volumes/:name',
      handler: async (request, reply) => {
        await volumes.remove(name(request), { force: new Query(request.query).flag('force') })
        return reply.code(204).send()
      },
    },
  ]
}

const name = (request: FastifyRequest): string => (request.params as { name: string }).name
