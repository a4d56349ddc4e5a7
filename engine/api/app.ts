import { createServer, type Server, type ServerResponse } from 'node:http'
import fastify, {
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type RouteOptions,
} from 'fastify'
import { API_VERSION } from '../../contract/docker.ts'
import { EngineError } from '../../contract/errors.ts'
import type { Backend } from './backend.ts'
import { jsonBody } from './body.ts'
import { errorAnswer, isOurs, logText } from './errors.ts'
import { settleNulls } from './nulls.ts'
import { bootLogRoute } from './routes/boot-log.ts'
import { archiveUploadRoute, containerFileRoutes } from './routes/container-files.ts'
import { containerStatsRoutes } from './routes/container-stats.ts'
import { containerStreamRoutes } from './routes/container-streams.ts'
import { containerRoutes } from './routes/containers.ts'
import { eventRoutes } from './routes/events.ts'
import { execRoutes } from './routes/execs.ts'
import { imageCreateRoute } from './routes/image-create.ts'
import { imageLoadRoute, imageRoutes } from './routes/images.ts'
import { launchRoutes } from './routes/launches.ts'
import { settingsRoutes } from './routes/settings.ts'
import { liveRoutes } from './routes/live.ts'
import { networkRoutes } from './routes/networks.ts'
import { portRoutes } from './routes/ports.ts'
import { rametRoutes } from './routes/ramet.ts'
import { systemRoutes } from './routes/system.ts'
import { templateRoutes } from './routes/templates.ts'
import { unsupportedRoutes } from './routes/unsupported.ts'
import { volumeRoutes } from './routes/volumes.ts'
import { allowHijack, readUpgradedBodies } from './streams/hijack.ts'
import { checkVersion, versionOf, withoutVersion } from './version.ts'

export const BODY_LIMIT = 4 * 1024 * 1024

/** An archive may take its time; tokens of registries are long. */
const HTTP = { requireHostHeader: false, requestTimeout: 0, maxHeaderSize: 64 * 1024 }

export interface AppOptions {
  engineVersion: string
  log(message: string): void
  /** Aborts when the engine closes: what streams ends then. */
  closing: AbortSignal
  /** Requests wait for it. */
  ready?: Promise<void>
}

/** The routes and what all of them share. `server` is its HTTP server; it listens nowhere by itself. */
export async function createApp(backend: Backend, options: AppOptions): Promise<Server> {
  let server!: Server
  const app = fastify({
    bodyLimit: BODY_LIMIT,
    exposeHeadRoutes: false,
    forceCloseConnections: false,
    routerOptions: { maxParamLength: 1024 },
    rewriteUrl: (request) => withoutVersion(request.url ?? '/'),
    schemaErrorFormatter: ([first]) =>
      new EngineError(
        'INVALID_ARGUMENT',
        `invalid request: ${first?.instancePath.slice(1) || 'body'} ${first?.message ?? 'is wrong'}`,
      ),
    ajv: {
      customOptions: {
        coerceTypes: false,
        removeAdditional: false,
        useDefaults: false,
        allowUnionTypes: true,
      },
    },
    serverFactory: (handler) => (server = createServer(HTTP, handler)),
    frameworkErrors: (error, _request, reply) => answerError(error, reply as FastifyReply, options.log),
  })
  addHooks(app, options)
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'string' }, jsonBody(app))
  readUpgradedBodies(app, BODY_LIMIT)
  for (const route of routes(backend, options)) app.route(route)
  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', (_request, _payload, done) => done(null))
    const uploads = [
      imageLoadRoute(backend.images, options),
      imageCreateRoute(backend.images, options),
      archiveUploadRoute(backend.files),
    ]
    for (const route of [...uploads, ...unsupportedRoutes()]) scope.route(route)
  })
  await app.ready()
  allowHijack(server)
  return server
}

function routes(backend: Backend, options: AppOptions): RouteOptions[] {
  return [
    ...systemRoutes(backend, options),
    ...eventRoutes(backend.events, options),
    ...containerRoutes(backend.containers, backend.live, options),
    bootLogRoute(backend),
    ...containerFileRoutes(backend.files, options),
    ...containerStatsRoutes(backend.stats, options),
    ...containerStreamRoutes(backend.containers, options),
    ...execRoutes(backend.execs, options),
    ...imageRoutes(backend.images, options),
    ...networkRoutes(backend.networks),
    ...portRoutes(backend.ports),
    ...volumeRoutes(backend.volumes),
    ...templateRoutes(backend.templates, options),
    ...launchRoutes(backend.launches),
    ...settingsRoutes(backend.settings),
    ...liveRoutes(backend.live, options),
    ...rametRoutes(backend, options),
  ]
}

function addHooks(app: FastifyInstance, { engineVersion, log, ready }: AppOptions): void {
  app.addHook('onRequest', async (request, reply) => {
    // A client that has gone is seen to by whoever writes; a write that comes too late is no error.
    reply.raw.on('error', () => {})
    await ready
    commonHeaders(reply.raw, engineVersion)
    refuseBrowsers(request)
    const version = versionOf(request.originalUrl)
    if (version) checkVersion(version)
  })
  app.addHook('preValidation', async (request) => {
    const body = request.routeOptions.schema?.body
    if (body) settleNulls(body, request.body)
  })
  app.addHook('onSend', async (_request, reply, payload) => {
    // Docker's own client takes an error for JSON only where its type is nothing but this.
    if (String(reply.getHeader('content-type')).startsWith('application/json')) {
      reply.header('content-type', 'application/json')
    }
    return payload
  })
  app.setErrorHandler((error, request, reply) => {
    answerError(error, reply, (message) => log(`${request.method} ${request.url.split('?')[0]}: ${message}`))
  })
  app.setNotFoundHandler(async (request) => {
    throw new EngineError('NOT_FOUND', `page not found: ${request.method} ${request.url.split('?')[0]}`)
  })
}

function commonHeaders(response: ServerResponse, engineVersion: string): void {
  response.setHeader('Api-Version', API_VERSION)
  response.setHeader('Ostype', 'linux')
  response.setHeader('Docker-Experimental', 'true')
  response.setHeader('Server', `Ramet/${engineVersion} (linux)`)
}

/** No page in a browser has business here, by whatever forwarding it may have got to this socket. */
function refuseBrowsers({ headers }: FastifyRequest): void {
  const name = Object.keys(headers).find((each) => each === 'origin' || each.startsWith('sec-fetch-'))
  if (name === undefined) return
  throw new EngineError('FORBIDDEN', `requests of browsers are refused here (the header '${name}')`)
}

function answerError(error: unknown, reply: FastifyReply, log: (message: string) => void): void {
  const { status, body } = errorAnswer(error)
  if (isOurs(error)) log(logText(error))
  reply.code(status).send(body)
}
