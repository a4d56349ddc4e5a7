import { EngineError } from '../../contract/errors.ts'
import { diskFull } from './failures.ts'

/** Ordered: the first that fits decides. The texts are those of skopeo 1.9 to 1.20 and of registries. */
const NO_SPACE = /no space left on device|disk quota exceeded/i
const WRONG_DIGEST =
  /digest did not match|does not match (?:the )?(?:provided )?(?:manifest )?digest|digest mismatch|provided manifest digest|content size mismatch/i
const UNAUTHORIZED =
  /unauthorized|authentication required|access to the resource is denied|denied:|invalid username\/password|status:? 40[13]\b|status code 40[13]\b|\b40[13] (?:unauthorized|forbidden)/i
const UNKNOWN = /manifest unknown|name unknown|not found|blob unknown|status:? 404|status code 404/i
const PLAIN_HTTP = /server gave HTTP response to HTTPS client/i
const CERTIFICATE = /x509:|certificate/i
const BROKEN_OFF = /unexpected EOF|connection reset|broken pipe|stream error/i
const INVALID = /parsing|unsupported|invalid|unmarshal|unknown media type|schema/i

/** What skopeo puts around the words that matter. */
const FRAME = /^(?:Error parsing image name "[^"]*": )?(?:pinging container registry [^ ]+: )?/

/** What skopeo said on its standard error, as an error for people. `host` is the registry. */
export function registryError(stderr: string, reference: string, host: string): EngineError {
  const line = lastLine(stderr)
  const said = line.replace(FRAME, '')
  const cause = new Error(stderr.trim().slice(-4000))
  const error = (code: ConstructorParameters<typeof EngineError>[0], message: string): EngineError =>
    new EngineError(code, message, { cause })
  if (NO_SPACE.test(line)) return diskFull(`pulling ${reference}`, cause)
  if (WRONG_DIGEST.test(line)) {
    return error(
      'DIGEST_MISMATCH',
      `the registry ${host} sent something else than ${reference} promises (${said}); try again, or tell who runs the registry`,
    )
  }
  if (PLAIN_HTTP.test(line)) {
    return error(
      'REGISTRY_UNREACHABLE',
      `the registry ${host} speaks no TLS; add it to insecureRegistries in settings.json where you trust the network`,
    )
  }
  if (CERTIFICATE.test(line)) {
    return error(
      'REGISTRY_UNREACHABLE',
      `the registry ${host} has a certificate that this machine does not trust (${said}); install its authority`,
    )
  }
  if (/pinging container registry|dial tcp|i\/o timeout|no such host|TLS handshake/i.test(line)) {
    if (!UNAUTHORIZED.test(line)) {
      return error(
        'REGISTRY_UNREACHABLE',
        `cannot reach the registry ${host} for ${reference} (${said}); check the name and the network`,
      )
    }
  }
  if (UNAUTHORIZED.test(line)) {
    return error(
      'UNAUTHORIZED',
      `the registry ${host} refuses ${reference}: it does not exist there, or needs a login; log in with \`docker login ${host}\` or \`skopeo login ${host}\``,
    )
  }
  if (UNKNOWN.test(line)) {
    return error(
      'IMAGE_NOT_FOUND',
      `no such image: the registry ${host} has no ${reference}; check name and tag`,
    )
  }
  if (BROKEN_OFF.test(line)) {
    return error(
      'REGISTRY_UNREACHABLE',
      `the registry ${host} broke off while ${reference} was pulled (${said}); try again`,
    )
  }
  return error(
    INVALID.test(line) ? 'IMAGE_INVALID' : 'REGISTRY_UNREACHABLE',
    `cannot pull ${reference} from ${host}: ${said}`,
  )
}

/** The message of the last log line: skopeo writes logfmt, one line each, the fatal one last. */
export function lastLine(stderr: string): string {
  const line = stderr.trim().split('\n').at(-1) ?? ''
  const quoted = /\bmsg="((?:[^"\\]|\\.)*)"/.exec(line)?.[1]
  const text = quoted === undefined ? line : quoted.replace(/\\(.)/g, '$1')
  // eslint-disable-next-line no-control-regex -- a registry's words may hold terminal escapes
  return text.replace(/[\x00-\x1f\x7f-\x9f]+/g, ' ').slice(0, 500) || 'skopeo failed without a word'
}
