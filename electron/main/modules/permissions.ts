import type { App } from 'electron'

/** Serves: every permission is denied, asked for or only checked, in every session. The window needs none. */
export function denyPermissions({ app }: { app: App }): void {
  app.on('session-created', (session) => {
    session.setPermissionRequestHandler((_contents, _permission, answer) => answer(false))
    session.setPermissionCheckHandler(() => false)
    session.setDevicePermissionHandler(() => false)
  })
}
