import type { App, Dialog } from 'electron'

/** Serves: never --no-sandbox, nor what else Chromium can be told that would take the window's walls away. */
const FORBIDDEN = ['no-sandbox', 'disable-setuid-sandbox', 'disable-web-security', 'disable-site-isolation-trials', 'single-process'] as const // prettier-ignore

/** Called first: what such a switch does cannot be taken back later. */
export function refuseWithoutSandbox({ app, dialog }: { app: App; dialog: Dialog }): void {
  const found = FORBIDDEN.find((name) => app.commandLine.hasSwitch(name))
  if (!found) return
  dialog.showErrorBox(
    'Ramet does not start',
    `It was started with --${found}, which would leave its window without its sandbox. Start it without, and not as root. An AppImage adds this by itself where the system grants no user namespaces: install the Debian package there.`,
  )
  app.exit(1)
}
