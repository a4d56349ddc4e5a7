import type { FastifyRequest, RouteOptions } from 'fastify'
import type { ProgressMessage } from '../../../contract/docker.ts'
import { EngineError } from '../../../contract/errors.ts'
import type { ImageBackend, ProgressOptions } from '../backend.ts'
import { clientSignal } from '../client.ts'
import { Query } from '../query.ts'
import { parseRegistryAuth } from '../registry-auth.ts'
import { requestBody } from '../streams/body.ts'
import { streamProgress } from '../streams/progress.ts'
import { failure, nothing, type ImageRouteOptions } from './images.ts'

/** Pull and import are one path in Docker. For a scope in which bodies are not parsed: a file system has no limit. */
export function imageCreateRoute(images: ImageBackend, { closing, log }: ImageRouteOptions): RouteOptions {
  return {
    method: 'POST',
    url: '/images/create',
    handler: async (request, reply) => {
      const work = new Query(request.query).text('fromSrc')
        ? importing(images, request)
        : pulling(images, request)
      const signal = clientSignal(reply, closing)
      await streamProgress<ProgressMessage>(reply, {
        run: async (onProgress) => work({ signal, onProgress }).then(nothing),
        failure,
        log,
      })
    },
  }
}

type Work = (options: ProgressOptions) => Promise<void>

function pulling(images: ImageBackend, { query: values, headers }: FastifyRequest): Work {
  const query = new Query(values)
  const [name, tag] = [query.required('fromImage'), query.text('tag')]
  const reference = tag === undefined ? name : `${name}${tag.includes(':') ? '@' : ':'}${tag}`
  const auth = parseRegistryAuth(headers['x-registry-auth'])
  const platform = query.text('platform')
  return (options) => images.pull(reference, { auth, platform, ...options })
}

function importing(images: ImageBackend, request: FastifyRequest): Work {
  const query = new Query(request.query)
  const source = query.required('fromSrc')
  if (source !== '-') {
    throw new EngineError(
      'NOT_SUPPORTED',
      `cannot import from '${source.slice(0, 200)}': addresses are not fetched here; fetch it yourself and pipe it: ` +
        'curl -L ADDRESS | docker import - NAME',
    )
  }
  refusePlatform(query.text('platform'))
  const [repo, tag] = [query.text('repo'), query.text('tag')]
  const options = {
    reference: repo && tag ? `${repo}:${tag}` : repo,
    comment: query.text('message'),
    changes: query.texts('changes'),
  }
  return async (progress) => {
    const layer = requestBody(request.raw)
    try {
      await images.import(layer, { ...options, ...progress })
    } finally {
      layer.destroy()
    }
  }
}

/** What is in a tar is not known: the platform is what the image then says of itself, and only this one runs. */
function refusePlatform(platform: string | undefined): void {
  const here = `linux/${process.arch === 'x64' ? 'amd64' : process.arch}`
  if (platform === undefined || platform === here || platform.startsWith(`${here}/`)) return
  throw new EngineError('NOT_SUPPORTED', `cannot import for ${platform}: images of ${here} run here`)
}
