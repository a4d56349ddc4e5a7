import type { HTTPMethods, RouteOptions } from 'fastify'
import { EngineError } from '../../../contract/errors.ts'

const BUILD =
  'images are not built here; build with buildah (buildah build -t NAME . && buildah push NAME docker-archive:image.tar:NAME), ' +
  'or with docker buildx on another engine (--output type=docker,dest=image.tar), then: docker load -i image.tar'

/** What of Docker's API is refused, and what to do instead. */
const REFUSED: [methods: HTTPMethods[], urls: string[], message: string][] = [
  [['POST'], ['/build', '/build/prune', '/build/cancel'], BUILD],
  [['POST'], ['/session', '/grpc'], `BuildKit is not served: ${BUILD}`],
  [['GET'], ['/images/search'], 'searching registries is not supported; use the site of the registry'],
  [['GET'], ['/distribution/*'], 'asking a registry about an image is not supported; skopeo inspect does'],
  [
    ['GET'],
    ['/containers/:id/attach/ws'],
    'attaching over a web socket is not supported; attach with a POST',
  ],
  [
    ['PUT'],
    ['/volumes/:id'],
    'a volume cannot be changed: only those of a swarm can, and swarm mode is not supported',
  ],
  [
    ['GET', 'POST', 'DELETE'],
    [
      '/swarm',
      '/swarm/*',
      '/services',
      '/services/*',
      '/tasks',
      '/tasks/*',
      '/nodes',
      '/nodes/*',
      '/secrets',
      '/secrets/*',
      '/configs',
      '/configs/*',
    ],
    'this node is not a swarm manager: swarm mode is not supported',
  ],
  [['GET', 'POST', 'DELETE'], ['/plugins', '/plugins/*'], 'plugins are not supported'],
]

export function unsupportedRoutes(): RouteOptions[] {
  return REFUSED.flatMap(([method, urls, message]) =>
    urls.map((url) => ({
      method,
      url,
      handler: async () => {
        throw new EngineError('NOT_SUPPORTED', message)
      },
    })),
  )
}
