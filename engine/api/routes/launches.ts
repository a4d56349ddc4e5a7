import type { FastifyRequest, RouteOptions } from 'fastify'
import type { QuickLaunchRequest } from '../../../contract/ramet.ts'
import type { LaunchBackend } from '../backend.ts'
import * as schemas from '../schemas.ts'

export function launchRoutes(launches: LaunchBackend): RouteOptions[] {
  return [
    { method: 'GET', url: '/ramet/v1/launches', handler: async () => launches.list() },
    {
      method: 'POST',
      url: '/ramet/v1/launches',
      schema: { body: schemas.quickLaunch },
      handler: async (request) => launches.save(request.body as QuickLaunchRequest),
    },
    {
      method: 'DELETE',
      url: '/ramet/v1/launches/:id',
      handler: async (request, reply) => {
        await launches.remove(id(request))
        return reply.code(204).send()
      },
    },
    {
      method: 'POST',
      url: '/ramet/v1/launches/:id/run',
      handler: async (request) => launches.run(id(request)),
    },
  ]
}

const id = (request: FastifyRequest): string => (request.params as { id: string }).id
