import type { RouteOptions } from 'fastify'
import type { StandbySettings } from '../../../contract/ramet.ts'
import type { Backend } from '../backend.ts'
import { clientSignal } from '../client.ts'
import * as schemas from '../schemas.ts'

/** What Docker's API has no word for, but for templates. */
export function rametRoutes(
  { memory, host, starts, standby }: Pick<Backend, 'memory' | 'host' | 'starts' | 'standby'>,
  { closing }: { closing: AbortSignal },
): RouteOptions[] {
  return [
    { method: 'GET', url: '/ramet/v1/memory', handler: async () => memory.report() },
    { method: 'GET', url: '/ramet/v1/memory/history', handler: async () => memory.history() },
    {
      method: 'GET',
      url: '/ramet/v1/containers/:id/history',
      handler: async (request) => memory.historyOf((request.params as { id: string }).id),
    },
    { method: 'GET', url: '/ramet/v1/starts', handler: async () => starts.list() },
    { method: 'GET', url: '/ramet/v1/standby', handler: async () => standby.report() },
    {
      method: 'POST',
      url: '/ramet/v1/standby',
      schema: { body: schemas.standbySettings },
      handler: async (request) => standby.set(request.body as Partial<StandbySettings>),
    },
    { method: 'GET', url: '/ramet/v1/host', handler: async () => host.info() },
    {
      method: 'GET',
      url: '/ramet/v1/doctor',
      handler: async (_request, reply) => host.doctor(clientSignal(reply, closing)),
    },
  ]
}
