import type { FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import type {
  ContainerCreateRequest,
  ContainerUpdateRequest,
  WaitCondition,
  WaitResponse,
} from '../../../contract/docker.ts'
import { EngineError } from '../../../contract/errors.ts'
import type { ContainerBackend, LiveBackend } from '../backend.ts'
import { clientSignal } from '../client.ts'
import { describe } from '../errors.ts'
import { Query } from '../query.ts'
import * as schemas from '../schemas.ts'
import { parseTime } from '../time.ts'

const CONDITIONS = ['not-running', 'next-exit', 'removed']

const id = (request: FastifyRequest): string => (request.params as { id: string }).id

export function containerRoutes(
  containers: ContainerBackend,
  live: Pick<LiveBackend, 'rewind'>,
  { closing }: { closing: AbortSignal },
): RouteOptions[] {
  return [
    {
      method: 'POST',
      url: '/containers/create',
      schema: { body: schemas.containerCreate },
      handler: async (request, reply) => {
        const query = new Query(request.query)
        const [name, platform] = [query.text('name'), query.text('platform')]
        reply.code(201)
        return containers.create(name, request.body as ContainerCreateRequest, { platform })
      },
    },
    {
      method: 'GET',
      url: '/containers/json',
      handler: async (request) => {
        const query = new Query(request.query)
        const limit = query.integer('limit')
        return containers.list({
          all: query.flag('all'),
          limit: limit && limit > 0 ? limit : undefined,
          size: query.flag('size'),
          filters: query.filters(),
        })
      },
    },
    {
      method: 'GET',
      url: '/containers/:id/json',
      handler: async (request) =>
        containers.inspect(id(request), { size: new Query(request.query).flag('size') }),
    },
    change('start', (id, _query, request) => {
      refuseStartOptions(request)
      const query = new Query(request.query)
      const checkpoint = query.text('checkpoint')
      if (!checkpoint) return containers.start(id)
      if (query.text('checkpoint-dir'))
        throw new EngineError(
          'NOT_SUPPORTED',
          'a checkpoint lies with the templates: leave out --checkpoint-dir',
        )
      return live.rewind(id, checkpoint)
    }),
    change('stop', (id, query) => containers.stop(id, stopOptions(query))),
    change('restart', (id, query) => containers.restart(id, stopOptions(query))),
    change('kill', (id, query) => containers.kill(id, query.text('signal'))),
    change('pause', (id) => containers.pause(id)),
    change('unpause', (id) => containers.unpause(id)),
    change('rename', (id, query) => containers.rename(id, query.required('name'))),
    {
      method: 'POST',
      url: '/containers/:id/update',
      // The settings are those of a create, one level up.
      schema: { body: { ...schemas.containerCreate.properties.HostConfig, type: 'object' } },
      handler: async (request) => containers.update(id(request), request.body as ContainerUpdateRequest),
    },
    {
      method: 'POST',
      url: '/containers/prune',
      handler: async (request) => {
        const { until, ...filters } = new Query(request.query).filters()
        if (until && until.length > 1)
          throw new EngineError('INVALID_ARGUMENT', 'more than one until filter: give one')
        return containers.prune({ filters, until: until?.[0] ? parseTime(until[0]) : undefined })
      },
    },
    {
      method: 'DELETE',
      url: '/containers/:id',
      handler: async (request, reply) => {
        const query = new Query(request.query)
        if (query.flag('link'))
          throw new EngineError('NOT_SUPPORTED', 'links do not exist here: leave out --link')
        await containers.remove(id(request), { force: query.flag('force'), volumes: query.flag('v') })
        return reply.code(204).send()
      },
    },
    {
      method: 'POST',
      url: '/containers/:id/resize',
      handler: async (request, reply) => {
        await containers.resize(id(request), new Query(request.query).size())
        return reply.code(200).send()
      },
    },
    {
      method: 'POST',
      url: '/containers/:id/wait',
      handler: async (request, reply) => wait(containers, request, reply, clientSignal(reply, closing)),
    },
  ]
}

/** A change of a container's state that answers nothing. */
function change(
  verb: string,
  act: (id: string, query: Query, request: FastifyRequest) => Promise<void>,
): RouteOptions {
  return {
    method: 'POST',
    url: `/containers/:id/${verb}`,
    handler: async (request, reply) => {
      await act(id(request), new Query(request.query), request)
      return reply.code(204).send()
    },
  }
}

const stopOptions = (query: Query) => ({
  timeoutSeconds: query.integer('t'),
  signal: query.text('signal'),
})

/** The command line waits before it starts: status and headers go at once, the result when there is one. */
async function wait(
  containers: ContainerBackend,
  request: FastifyRequest,
  reply: FastifyReply,
  signal: AbortSignal,
): Promise<void> {
  const condition = new Query(request.query).text('condition') ?? 'not-running'
  if (!CONDITIONS.includes(condition)) {
    throw new EngineError(
      'INVALID_ARGUMENT',
      `invalid condition: '${condition}'; known are ${CONDITIONS.join(', ')}`,
    )
  }
  const { result } = await containers.wait(id(request), condition as WaitCondition, signal)
  reply.hijack()
  reply.raw.writeHead(200, { 'Content-Type': 'application/json' })
  reply.raw.flushHeaders()
  const answer = await result.catch((error: unknown): WaitResponse => ({
    StatusCode: -1,
    Error: { Message: describe(error).message },
  }))
  reply.raw.end(`${JSON.stringify(answer)}\n`)
}

/** Older clients gave a start the container's settings: they would be lost without a word. */
function refuseStartOptions(request: FastifyRequest): void {
  if (Object.keys((request.body as object | null | undefined) ?? {}).length > 0) {
    throw new EngineError(
      'INVALID_ARGUMENT',
      'starting container with non-empty request body was deprecated since API v1.22 and removed in v1.24',
    )
  }
}
