import { mkdir, readFile, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { DesktopSettings } from '../../../contract/ipc.ts'
import type { QuickLaunch } from '../../../contract/ramet.ts'
import { autostartEntry, DESKTOP_ID, desktopEntry, type Exec } from '../desktop-entry.ts'
import { replaceFile } from '../settings.ts'

/** How the application that runs is started again: an AppImage by its own file, a development run with its folder. */
export function execOf(options: {
  env: NodeJS.ProcessEnv
  execPath: string
  packaged: boolean
  appPath: string
}): Exec {
  const { env, execPath, packaged, appPath } = options
  if (env['APPIMAGE']) return [env['APPIMAGE']]
  return packaged ? [execPath] : [execPath, appPath]
}

/** Serves: start at login. Makes or removes the entry, as the setting has it. */
export async function keepAutostart(
  { startAtLogin }: DesktopSettings,
  exec: Exec,
  env = process.env,
): Promise<void> {
  const file = join(xdg(env, 'XDG_CONFIG_HOME', '.config'), `autostart/${DESKTOP_ID}.desktop`)
  if (startAtLogin) await write(file, autostartEntry(exec))
  else await rm(file, { force: true })
}

/**
 * Serves: .desktop actions. The user's own entry, over that of the package: it has the pinned quick launches. Icons and
 * links of an AppImage come from it alone.
 */
export async function keepDesktopEntry(
  launches: QuickLaunch[],
  exec: Exec,
  env = process.env,
): Promise<void> {
  const file = join(xdg(env, 'XDG_DATA_HOME', '.local/share'), `applications/${DESKTOP_ID}.desktop`)
  const pinned = launches.filter((each) => each.pinned)
  await write(file, desktopEntry({ exec, launches: pinned }))
}

function xdg(env: NodeJS.ProcessEnv, name: string, fallback: string): string {
  const value = env[name]
  return value?.startsWith('/') ? value : join(env['HOME'] ?? '/', fallback)
}

/** A desktop reads its entries anew whenever one changes. */
async function write(file: string, text: string): Promise<void> {
  if ((await readFile(file, 'utf8').catch(() => '')) === text) return
  await mkdir(dirname(file), { recursive: true })
  await replaceFile(file, text, 0o644)
}
