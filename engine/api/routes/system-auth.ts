import type { RouteOptions } from 'fastify'
import type { RegistryAuth } from '../../../contract/docker.ts'
import type { ImageBackend } from '../backend.ts'
import { clientSignal } from '../client.ts'

const text = { type: 'string' }
const properties = { username: text, password: text, serveraddress: text, identitytoken: text }

/** Asks the registry whether a login is right. It is the client who keeps it. */
export function authRoute(images: ImageBackend, { closing }: { closing: AbortSignal }): RouteOptions {
  return {
    method: 'POST',
    url: '/auth',
    schema: { body: { type: 'object', properties } },
    handler: async (request, reply) => {
      const signal = clientSignal(reply, closing)
      await images.login(request.body as RegistryAuth, { signal })
      return { Status: 'Login Succeeded', IdentityToken: '' }
    },
  }
}
