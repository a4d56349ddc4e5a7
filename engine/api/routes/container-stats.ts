import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import type { FastifyRequest, RouteOptions } from 'fastify'
import type { ContainerStats } from '../../../contract/docker-stats.ts'
import { EngineError } from '../../../contract/errors.ts'
import type { StatsBackend } from '../backend.ts'
import { clientSignal } from '../client.ts'
import { Query } from '../query.ts'

const id = (request: FastifyRequest): string => (request.params as { id: string }).id

/** What a container uses: one answer, or one JSON line a second until the client has seen enough. */
export function containerStatsRoutes(
  stats: StatsBackend,
  { closing }: { closing: AbortSignal },
): RouteOptions[] {
  return [
    {
      method: 'GET',
      url: '/containers/:id/stats',
      handler: async (request, reply) => {
        const query = new Query(request.query)
        const [stream, oneShot] = [query.flag('stream', true), query.flag('one-shot')]
        if (stream && oneShot) {
          throw new EngineError('INVALID_ARGUMENT', 'cannot have stream=true and one-shot=true')
        }
        const signal = clientSignal(reply, closing)
        if (!stream) return stats.once(id(request), { compared: !oneShot, signal })
        const readings = await stats.watch(id(request), signal)
        reply.hijack()
        reply.raw.writeHead(200, { 'Content-Type': 'application/json' })
        reply.raw.flushHeaders()
        await send(reply.raw, readings, signal)
        return reply
      },
    },
  ]
}

async function send(
  sink: ServerResponse,
  readings: AsyncIterable<ContainerStats>,
  signal: AbortSignal,
): Promise<void> {
  for await (const reading of readings) {
    if (sink.write(`${JSON.stringify(reading)}\n`)) continue
    await once(sink, 'drain', { signal }).catch(() => {})
  }
  sink.end()
}
