import type { FastifyRequest, RouteOptions } from 'fastify'
import type { PortsRequest } from '../../../contract/ramet-networks.ts'
import { EngineError } from '../../../contract/errors.ts'
import type { PortBackend } from '../backend.ts'
import { Query } from '../query.ts'
import * as schemas from '../schemas.ts'

const id = (request: FastifyRequest): string => (request.params as { id: string }).id

/** What containers publish, changed one by one; Docker has no word for it. */
export function portRoutes(ports: PortBackend): RouteOptions[] {
  const url = '/ramet/v1/containers/:id/ports'
  return [
    {
      method: 'POST',
      url,
      schema: { body: schemas.ports },
      handler: async (request) => ports.add(id(request), (request.body as PortsRequest).PortBindings),
    },
    {
      method: 'DELETE',
      url,
      handler: async (request) => {
        const query = new Query(request.query)
        const port = query.text('port')
        if (!port) throw new EngineError('INVALID_ARGUMENT', 'no port named; give port=80/tcp')
        const hostPort = query.text('hostPort')
        return ports.remove(id(request), port, {
          hostIp: query.text('hostIp') || undefined,
          hostPort: hostPort ? Number(hostPort) : undefined,
        })
      },
    },
  ]
}
