import { EngineError, type ErrorCode } from '../../contract/errors.ts'
import { diskFull } from './failures.ts'

/** What skopeo puts around the words that matter; it holds names, which must not be taken for words. */
const FRAMES = [
  /^Error parsing image name "[^"]*": /,
  /^(?:initializing source|copying system image from manifest list|reading blob|copying config|writing blob|parsing image configuration)(?: \S*[:/@]\S*)?: /i,
  /^(?:Error )?(?:reading|fetching) (?:manifest|blob|target platform image)[^:]*(?: in \S+)?: /i,
]
const PINGING = /^(?:pinging|authenticating|error pinging) (?:container|docker) registry \S+: /i

/** What a failure says, and what it then is. */
export interface Kind {
  says: RegExp
  code: ErrorCode
  message(what: { reference: string; host: string; said: string }): string
}

/** The first that fits decides. The texts are those of skopeo 1.9 to 1.20, of its libraries and of registries. */
const KINDS: Kind[] = [
  {
    says: /digest.*(?:did not match|does not match|mismatch)|does not match.*digest|size mismatch/i,
    code: 'DIGEST_MISMATCH',
    message: ({ reference, host, said }) =>
      `the registry ${host} sent something else than ${reference} promises (${said}); try again, or tell who runs it`,
  },
  {
    says: /server gave HTTP response to HTTPS client/i,
    code: 'REGISTRY_UNREACHABLE',
    message: ({ host }) =>
      `the registry ${host} speaks no TLS; add it to insecureRegistries in settings.json where you trust the network`,
  },
  {
    says: /x509:|certificate/i,
    code: 'REGISTRY_UNREACHABLE',
    message: ({ host, said }) =>
      `the registry ${host} has a certificate that this machine does not trust (${said}); install its authority`,
  },
  {
    says: /unauthorized|authentication required|access to the resource is denied|\bdenied\b|invalid username\/password|\b40[13]\b/i,
    code: 'UNAUTHORIZED',
    message: ({ reference, host }) =>
      `the registry ${host} refuses ${reference}: it does not exist there, or needs a login; ` +
      `log in with \`docker login ${host}\` or \`skopeo login ${host}\``,
  },
  {
    says: /manifest unknown|name unknown|blob unknown|not found|\b404\b/i,
    code: 'IMAGE_NOT_FOUND',
    message: ({ reference, host }) =>
      `no such image: the registry ${host} has no ${reference}; check name and tag`,
  },
  {
    says: /HTTP status:? 5\d\d|status code 5\d\d|too many requests|toomanyrequests|\b429\b/i,
    code: 'REGISTRY_UNREACHABLE',
    message: ({ reference, host, said }) =>
      `the registry ${host} cannot serve ${reference} now (${said}); try again later`,
  },
  {
    says: /unexpected EOF|\bEOF$|connection reset|broken pipe|stream error|killed by/i,
    code: 'REGISTRY_UNREACHABLE',
    message: ({ reference, host, said }) =>
      `the registry ${host} broke off while ${reference} was pulled (${said}); try again`,
  },
  {
    says: /dial tcp|i\/o timeout|no such host|TLS handshake/i,
    code: 'REGISTRY_UNREACHABLE',
    message: ({ reference, host, said }) =>
      `cannot reach the registry ${host} for ${reference} (${said}); check the name and the network`,
  },
  {
    says: /parsing|unsupported|invalid|unmarshal|media type|schema/i,
    code: 'IMAGE_INVALID',
    message: ({ reference, host, said }) => `cannot use ${reference} from ${host}: ${said}`,
  },
]

/** What skopeo said on its standard error, as an error for people. `host` is the registry. */
export function registryError(stderr: string, reference: string, host: string): EngineError {
  const inner = unframed(lastLine(stderr), FRAMES)
  const said = inner.replace(PINGING, '')
  const cause = new Error(stderr.trim().slice(-4000))
  if (/no space left on device|disk quota exceeded/i.test(said))
    return diskFull(`pulling ${reference}`, cause)
  const kind = KINDS.find(({ says }) => says.test(said))
  if (kind) return new EngineError(kind.code, kind.message({ reference, host, said }), { cause })
  const doing = PINGING.test(inner) ? `cannot reach the registry ${host} for` : 'cannot pull'
  return new EngineError(
    'REGISTRY_UNREACHABLE',
    `${doing} ${reference} (${said}); check the name and the network`,
    { cause },
  )
}

/** What is left of a line once no frame stands before it any more. */
export function unframed(line: string, frames: RegExp[]): string {
  let said = line
  for (let before = ''; before !== said;) {
    before = said
    for (const frame of frames) said = said.replace(frame, '')
  }
  return said
}

/** The message of the last log line: skopeo writes logfmt, one line each, the fatal one last. */
export function lastLine(stderr: string): string {
  const line = stderr.trim().split('\n').at(-1) ?? ''
  const quoted = /\bmsg="((?:[^"\\]|\\.)*)"/.exec(line)?.[1]
  const text = quoted === undefined ? line : quoted.replace(/\\(.)/g, '$1')
  // eslint-disable-next-line no-control-regex -- a registry's words may hold terminal escapes
  return text.replace(/[\x00-\x1f\x7f-\x9f]+/g, ' ').slice(0, 500) || 'skopeo failed without a word'
}
