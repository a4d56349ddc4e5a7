import { EngineError } from '../../contract/errors.ts'
import type { PlatformManifest } from './manifest.ts'

const ARCHITECTURES: Partial<Record<NodeJS.Architecture, string>> = { x64: 'amd64', ia32: '386' }

/** `linux/amd64`: guests are Linux and of the host's architecture. */
export const hostPlatform = (): string => `linux/${ARCHITECTURES[process.arch] ?? process.arch}`

/** The first manifest for `os/architecture[/variant]`. Throws INVALID_ARGUMENT or IMAGE_NOT_FOUND. */
export function choosePlatform(
  manifests: PlatformManifest[],
  platform: string,
  name: string,
): PlatformManifest {
  const [os, architecture] = platform.split('/')
  if (!os || !architecture) {
    throw new EngineError(
      'INVALID_ARGUMENT',
      `invalid platform '${platform}': it must be like ${hostPlatform()}`,
    )
  }
  const found = manifests.find((each) => each.os === os && each.architecture === architecture)
  if (found) return found
  const known = manifests
    .map((each) => `${each.os}/${each.architecture}`)
    .filter((each) => each !== 'unknown/unknown')
  throw new EngineError(
    'IMAGE_NOT_FOUND',
    `no such image: ${name} exists for ${[...new Set(known)].slice(0, 20).join(', ') || 'no platform'}, not for ${platform}`,
  )
}

const SAME: Partial<Record<string, string>> = { x86_64: 'amd64', aarch64: 'arm64' }

/** Rejects, with IMAGE_NOT_FOUND, an image that is not for the platform that a client insists on: it then pulls the right one. */
export function checkPlatform(
  image: { os: string; architecture: string },
  name: string,
  platform: string,
): void {
  const words = platform.toLowerCase().split('/')
  const [os, architecture] = words.length === 1 ? [image.os, words[0]!] : words
  const wanted = `${os}/${SAME[architecture!] ?? architecture}`
  const is = `${image.os}/${image.architecture}`
  if (wanted === is || platform === image.os) return
  throw new EngineError(
    'IMAGE_NOT_FOUND',
    `image with reference ${name} was found but is for ${is}, not for ${platform}`,
  )
}
