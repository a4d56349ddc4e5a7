import type { FastifyRequest, RouteOptions } from 'fastify'
import type {
  NetworkConnectRequest,
  NetworkCreateRequest,
  NetworkDisconnectRequest,
} from '../../../contract/docker-networks.ts'
import type { RateRequest } from '../../../contract/ramet-networks.ts'
import { EngineError } from '../../../contract/errors.ts'
import type { NetworkBackend } from '../backend.ts'
import { Query } from '../query.ts'
import * as schemas from '../schemas.ts'
import { parseTime } from '../time.ts'

export function networkRoutes(networks: NetworkBackend): RouteOptions[] {
  return [
    {
      method: 'POST',
      url: '/networks/create',
      schema: { body: schemas.networkCreate },
      handler: async (request, reply) => {
        const made = await networks.create(request.body as NetworkCreateRequest)
        return reply.code(201).send(made)
      },
    },
    {
      method: 'POST',
      url: '/networks/prune',
      handler: async (request) => {
        const { until, ...filters } = new Query(request.query).filters()
        if (until && until.length > 1)
          throw new EngineError('INVALID_ARGUMENT', 'more than one until filter: give one')
        return networks.prune({ filters, until: until?.[0] ? parseTime(until[0]) : undefined })
      },
    },
    {
      method: 'GET',
      url: '/networks',
      handler: async (request) => networks.list(new Query(request.query).filters()),
    },
    { method: 'GET', url: '/ramet/v1/networks/reach', handler: async () => networks.reach() },
    { method: 'GET', url: '/ramet/v1/networks/rates', handler: async () => networks.rates() },
    {
      method: 'POST',
      url: '/ramet/v1/containers/:id/rate',
      schema: { body: schemas.rate },
      handler: async (request, reply) => {
        await networks.setRate(id(request), (request.body as RateRequest).rate)
        return reply.code(204).send()
      },
    },
    { method: 'GET', url: '/networks/:id', handler: async (request) => networks.inspect(id(request)) },
    {
      method: 'DELETE',
      url: '/networks/:id',
      handler: async (request, reply) => {
        await networks.remove(id(request))
        return reply.code(204).send()
      },
    },
    {
      method: 'POST',
      url: '/networks/:id/connect',
      schema: { body: schemas.networkConnect },
      handler: async (request, reply) => {
        await networks.connect(id(request), request.body as NetworkConnectRequest)
        return reply.code(200).send()
      },
    },
    {
      method: 'POST',
      url: '/networks/:id/disconnect',
      schema: { body: schemas.networkConnect },
      handler: async (request, reply) => {
        await networks.disconnect(id(request), request.body as NetworkDisconnectRequest)
        return reply.code(200).send()
      },
    },
  ]
}

const id = (request: FastifyRequest): string => (request.params as { id: string }).id
