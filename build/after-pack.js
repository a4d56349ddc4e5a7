import { join } from 'node:path'
import { flipFuses, FuseV1Options, FuseVersion } from '@electron/fuses'

/**
 * Electron's fuses: the packaged program runs this application and nothing else, whatever its environment and its
 * arguments say. Fuses that are newer than this list stay as Electron's makers set them.
 */
export const FUSES = {
  version: FuseVersion.V1,
  [FuseV1Options.RunAsNode]: false,
  [FuseV1Options.EnableCookieEncryption]: false,
  [FuseV1Options.EnableNodeOptionsEnvironmentVariable]: false,
  [FuseV1Options.EnableNodeCliInspectArguments]: false,
  // Of macOS and Windows; Electron on Linux does not know it.
  [FuseV1Options.EnableEmbeddedAsarIntegrityValidation]: false,
  [FuseV1Options.OnlyLoadAppFromAsar]: true,
  [FuseV1Options.LoadBrowserProcessSpecificV8Snapshot]: false,
  [FuseV1Options.GrantFileProtocolExtraPrivileges]: false,
}

/**
 * Called by electron-builder before it makes packages of the folder.
 *
 * @param {{ appOutDir: string, packager: { executableName: string } }} context
 */
export default async function afterPack({ appOutDir, packager }) {
  await flipFuses(join(appOutDir, packager.executableName), FUSES)
}
