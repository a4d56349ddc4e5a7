import type { RouteOptions } from 'fastify'
import type { Backend } from '../backend.ts'

export function bootLogRoute({ bootLogs }: Pick<Backend, 'bootLogs'>): RouteOptions {
  return {
    method: 'GET',
    url: '/ramet/v1/containers/:id/boot',
    handler: async (request) => bootLogs.of((request.params as { id: string }).id),
  }
}
