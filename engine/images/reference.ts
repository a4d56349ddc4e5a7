import { EngineError } from '../../contract/errors.ts'
import { isDigest } from './digest.ts'

const DEFAULT_DOMAIN = 'docker.io'
const COMPONENT = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/
const DOMAIN =
  /^(?:\[[0-9a-fA-F:]+\]|(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])(?:\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*)(?::[0-9]{1,5})?$/
const TAG = /^\w[\w.-]{0,127}$/
const MAX_NAME = 255

/** A reference in full: `redis` is docker.io, library/redis, latest. */
export interface Reference {
  domain: string
  path: string
  tag?: string
  digest?: string
}

/** Reads a reference as Docker does. Without a tag or digest the tag is `latest`. Throws INVALID_ARGUMENT. */
export function parseReference(text: string): Reference {
  const fail = (why: string): never => {
    throw new EngineError('INVALID_ARGUMENT', `invalid reference ${JSON.stringify(text)}: ${why}`)
  }
  let rest = text
  let digest: string | undefined
  const at = rest.indexOf('@')
  if (at >= 0) {
    digest = rest.slice(at + 1)
    rest = rest.slice(0, at)
    if (!isDigest(digest)) fail('the digest must be sha256: and 64 hexadecimal digits')
  }
  let tag: string | undefined
  const colon = rest.lastIndexOf(':')
  if (colon > rest.lastIndexOf('/')) {
    tag = rest.slice(colon + 1)
    rest = rest.slice(0, colon)
    if (!TAG.test(tag)) fail('a tag is up to 128 letters, digits, dots, dashes and underscores')
  }
  if (!digest) tag ??= 'latest'

  const slash = rest.indexOf('/')
  const first = slash < 0 ? '' : rest.slice(0, slash)
  const named = first !== '' && (/[.:[]/.test(first) || first === 'localhost' || /[A-Z]/.test(first))
  let domain = named ? first : DEFAULT_DOMAIN
  let path = named ? rest.slice(slash + 1) : rest
  if (domain === 'index.docker.io') domain = DEFAULT_DOMAIN
  if (!DOMAIN.test(domain)) fail('the registry must be host or host:port')
  if (domain === DEFAULT_DOMAIN && !path.includes('/')) path = `library/${path}`
  if (!path.split('/').every((part) => COMPONENT.test(part))) {
    fail('a name is lower-case letters and digits, parts separated by one of . _ __ - /')
  }
  if (domain.length + path.length + 1 > MAX_NAME) fail(`a name has at most ${MAX_NAME} characters`)
  return { domain, path, ...(tag && { tag }), ...(digest && { digest }) }
}

/** `docker.io/library/redis`. */
export const repository = ({ domain, path }: Reference): string => `${domain}/${path}`

/** The name in full, with its digest where it has one, else its tag. */
export function canonical(reference: Reference): string {
  const { tag, digest } = reference
  return digest ? `${repository(reference)}@${digest}` : `${repository(reference)}:${tag}`
}

/** The short name that people know: docker.io and library/ are left out. */
export function familiar(name: string): string {
  const hub = `${DEFAULT_DOMAIN}/`
  if (!name.startsWith(hub)) return name
  const path = name.slice(hub.length)
  return path.startsWith('library/') ? path.slice('library/'.length) : path
}

/** True where the registry is this machine: such a one may be spoken to without TLS. */
export function isLoopback(domain: string): boolean {
  const host = domain.startsWith('[') ? domain.slice(1, domain.indexOf(']')) : domain.replace(/:\d+$/, '')
  return host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host)
}
