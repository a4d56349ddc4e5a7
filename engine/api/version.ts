import { API_VERSION, MIN_API_VERSION } from '../../contract/docker.ts'
import { EngineError } from '../../contract/errors.ts'

const PREFIX = /^\/v(\d+\.\d+)(?=\/)/

/** Docker's version prefix of a path, for example `1.51`; absent where the path has none. */
export function versionOf(url: string): string | undefined {
  return PREFIX.exec(url)?.[1]
}

export function withoutVersion(url: string): string {
  return url.replace(PREFIX, '')
}

/** True where API version `a` is older than `b`. */
export function isOlder(a: string, b: string): boolean {
  const [majorA = 0, minorA = 0] = a.split('.').map(Number)
  const [majorB = 0, minorB = 0] = b.split('.').map(Number)
  return majorA === majorB ? minorA < minorB : majorA < majorB
}

/** Rejects with INVALID_ARGUMENT, in Docker's words: clients look for them. */
export function checkVersion(version: string): void {
  if (isOlder(version, MIN_API_VERSION)) {
    throw new EngineError(
      'INVALID_ARGUMENT',
      `client version ${version} is too old. Minimum supported API version is ${MIN_API_VERSION}, please upgrade your client to a newer version`,
    )
  }
  if (isOlder(API_VERSION, version)) {
    throw new EngineError(
      'INVALID_ARGUMENT',
      `client version ${version} is too new. Maximum supported API version is ${API_VERSION}`,
    )
  }
}
