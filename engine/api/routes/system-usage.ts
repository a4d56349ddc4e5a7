import type { RouteOptions } from 'fastify'
import { EngineError } from '../../../contract/errors.ts'
import type { Backend } from '../backend.ts'

const KINDS = ['container', 'image', 'volume', 'build-cache']

/** What takes disk space; of the kinds that were not asked for nothing is said. */
export function usageRoute({
  containers,
  images,
  volumes,
}: Pick<Backend, 'containers' | 'images' | 'volumes'>): RouteOptions {
  return {
    method: 'GET',
    url: '/system/df',
    handler: async (request) => {
      const { type = [] } = request.query as { type?: string | string[] }
      const asked = [type].flat()
      const unknown = asked.find((kind) => !KINDS.includes(kind))
      if (unknown !== undefined) {
        throw new EngineError('INVALID_ARGUMENT', `unknown type '${unknown}'; known are ${KINDS.join(', ')}`)
      }
      const wants = (kind: string): boolean => asked.length === 0 || asked.includes(kind)
      return {
        ...(wants('image') ? await images.usage() : { LayersSize: 0, Images: null }),
        Containers: wants('container') ? await containers.list({ all: true, size: true, filters: {} }) : null,
        Volumes: wants('volume') ? await volumes.usage() : null,
        BuildCache: wants('build-cache') ? [] : null,
      }
    },
  }
}
