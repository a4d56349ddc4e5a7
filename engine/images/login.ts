import type { RegistryAuth } from '../../contract/docker.ts'
import { EngineError } from '../../contract/errors.ts'
import { parseReference } from './reference.ts'
import { lastLine, registryError } from './skopeo-errors.ts'

/** The registry of a `serveraddress`: a host with or without port, or a URL; docker.io where there is none. */
export function registryOf({ serveraddress = '' }: RegistryAuth): string {
  const host = serveraddress.replace(/^https?:\/\//, '').replace(/\/.*$/, '')
  if (host === '' || host === 'index.docker.io') return 'docker.io'
  let domain: string | undefined
  try {
    domain = parseReference(`${host}/name`).domain
  } catch {
    // Told below.
  }
  // A word without dot or port would be taken for a part of the name, and the login sent to somebody else.
  if (domain === host) return host
  throw new EngineError('INVALID_ARGUMENT', `${JSON.stringify(host)} is no registry; give host or host:port`)
}

/** What skopeo said on its standard error of a login. It never says the password. */
export function loginError(stderr: string, host: string): EngineError {
  const said = lastLine(stderr).replace(/^(?:authenticating creds for|logging into) "[^"]*": /, '')
  if (/invalid username\/password|unauthorized|denied|\b40[13]\b/i.test(said)) {
    const message = `the registry ${host} refuses this login; check the user name and the password`
    return new EngineError('UNAUTHORIZED', message, { cause: new Error(said) })
  }
  return registryError(said, 'the login', host)
}
