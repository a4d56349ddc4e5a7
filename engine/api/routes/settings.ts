import type { RouteOptions } from 'fastify'
import type { SettingsBackend } from '../backend.ts'

/** The engine's own settings. What they may be the service says, one by one. */
export function settingsRoutes(settings: SettingsBackend): RouteOptions[] {
  return [
    { method: 'GET', url: '/ramet/v1/settings', handler: async () => settings.view() },
    {
      method: 'PUT',
      url: '/ramet/v1/settings',
      schema: { body: { type: 'object' } },
      handler: async (request) => settings.change(request.body),
    },
  ]
}
