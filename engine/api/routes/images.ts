import type { FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import type { Filters, ProgressMessage } from '../../../contract/docker.ts'
import { EngineError } from '../../../contract/errors.ts'
import type { ImageBackend } from '../backend.ts'
import { clientSignal } from '../client.ts'
import { describe, isOurs, logText } from '../errors.ts'
import { Query } from '../query.ts'
import { parseRegistryAuth } from '../registry-auth.ts'
import { parseTime } from '../time.ts'
import { requestBody } from '../streams/body.ts'
import { streamProgress } from '../streams/progress.ts'

export interface ImageRouteOptions {
  closing: AbortSignal
  log(message: string): void
}

export function imageRoutes(images: ImageBackend, options: ImageRouteOptions): RouteOptions[] {
  return [
    {
      method: 'GET',
      url: '/images/json',
      handler: async (request) => {
        const query = new Query(request.query)
        const { filters, until } = withUntil(query)
        return images.list({
          all: query.flag('all'),
          filters,
          until,
          sharedSize: query.flag('shared-size'),
          manifests: query.flag('manifests'),
        })
      },
    },
    {
      method: 'POST',
      url: '/images/prune',
      handler: async (request) => {
        const { filters, until } = withUntil(new Query(request.query))
        return images.prune({ filters, before: until })
      },
    },
    {
      method: 'GET',
      url: '/images/get',
      handler: async (request, reply) => {
        const { names = [] } = request.query as { names?: string | string[] }
        const wanted = [names].flat().filter((name) => name !== '')
        if (wanted.length > 0) return sendArchive(images, wanted, reply, options)
        throw new EngineError('INVALID_ARGUMENT', "the parameter 'names' is missing: give the images to save")
      },
    },
    // A name has slashes in it: what is asked of the image stands behind the last one.
    {
      method: 'GET',
      url: '/images/*',
      handler: async (request, reply) => {
        const { name, action } = asked(request, ['json', 'history', 'get'])
        if (action === 'get') return sendArchive(images, [name], reply, options)
        if (action === 'history') return images.history(name)
        return images.inspect(name, { manifests: new Query(request.query).flag('manifests') })
      },
    },
    {
      method: 'POST',
      url: '/images/*',
      handler: async (request, reply) => {
        const query = new Query(request.query)
        const tag = query.text('tag')
        const { name, action } = asked(request, ['tag', 'push'])
        if (action === 'push') return sendPush(images, name, request, reply, options)
        await images.tag(name, query.required('repo') + (tag ? `:${tag}` : ''))
        return reply.code(201).send()
      },
    },
    {
      method: 'DELETE',
      url: '/images/*',
      handler: async (request) =>
        images.remove(pathOf(request), { force: new Query(request.query).flag('force') }),
    },
  ]
}

/** The filter `until` in milliseconds since 1970, and the others. */
function withUntil(query: Query): { filters: Filters; until?: number } {
  const { until: [until] = [], ...filters } = query.filters()
  return { filters, until: until === undefined ? undefined : Number(parseTime(until) / 1_000_000n) }
}

/** For a scope in which bodies are not parsed: an archive has no limit. */
export function imageLoadRoute(images: ImageBackend, { closing, log }: ImageRouteOptions): RouteOptions {
  return {
    method: 'POST',
    url: '/images/load',
    handler: async (request, reply) => {
      const signal = clientSignal(reply, closing)
      const archive = requestBody(request.raw)
      try {
        await streamProgress<ProgressMessage>(reply, {
          run: async (onProgress) => images.load(archive, { signal, onProgress }).then(nothing),
          failure,
          log,
        })
      } finally {
        archive.destroy()
      }
    },
  }
}

async function sendPush(
  images: ImageBackend,
  name: string,
  request: FastifyRequest,
  reply: FastifyReply,
  { closing, log }: ImageRouteOptions,
): Promise<void> {
  const auth = parseRegistryAuth(request.headers['x-registry-auth'])
  const tag = new Query(request.query).text('tag')
  const signal = clientSignal(reply, closing)
  await streamProgress<ProgressMessage>(reply, {
    run: async (onProgress) => images.push(name, { tag, auth, signal, onProgress }).then(nothing),
    failure,
    log,
  })
}

/** An archive that breaks off ends the connection, so that nobody takes it for a whole one. */
async function sendArchive(
  images: ImageBackend,
  names: string[],
  reply: FastifyReply,
  { closing, log }: ImageRouteOptions,
): Promise<FastifyReply> {
  const signal = clientSignal(reply, closing)
  const archive = await images.save(names, { signal })
  archive.once('error', (error) => {
    if (!signal.aborted && isOurs(error)) log(logText(error))
  })
  return reply.type('application/x-tar').send(archive)
}

export const nothing = (): undefined => undefined

/** Docker's clients know no code here but a number. */
export function failure(error: unknown): ProgressMessage {
  const { message } = describe(error)
  return { errorDetail: { message }, error: message }
}

function pathOf(request: FastifyRequest): string {
  return (request.params as { '*': string })['*']
}

function asked<Action extends string>(
  request: FastifyRequest,
  served: Action[],
): { name: string; action: Action } {
  const path = pathOf(request)
  const at = path.lastIndexOf('/')
  const word = path.slice(at + 1)
  const action = served.find((each) => each === word)
  if (at > 0 && action) return { name: path.slice(0, at), action }
  throw new EngineError('NOT_FOUND', `page not found: ${request.method} /images/${path}`)
}
