import { EngineError } from '../../contract/errors.ts'
import { lastLine, registryError, unframed, type Kind } from './skopeo-errors.ts'

/** What skopeo puts around the words that matter; it holds names, which must not be taken for words. */
const FRAMES = [
  /^trying to reuse blob \S+ at destination: /,
  /^checking whether a blob \S+ exists in \S+: /,
  /^failed to read from destination repository \S+: /,
  /^writing (?:blob|manifest): /,
  /^(?:initiating layer upload|uploading (?:layer|manifest)\b)[^:]*(?: \S+ in \S+| \S+ to \S+)?: /,
  /^copying config: /,
]

const KINDS: Kind[] = [
  {
    says: /unauthorized|authentication required|\bdenied\b|invalid username\/password|\b40[13]\b/i,
    code: 'UNAUTHORIZED',
    message: ({ reference, host }) =>
      `the registry ${host} does not take ${reference} from you; log in with \`docker login ${host}\` or ` +
      `\`skopeo login ${host}\`, or push to a repository that is yours`,
  },
  {
    says: /name unknown|not found|\b404\b/i,
    code: 'NOT_FOUND',
    message: ({ reference, host }) =>
      `the registry ${host} has no repository for ${reference}; make it there first, or correct the name`,
  },
  {
    says: /\b405\b|operation is unsupported|manifest invalid|media type/i,
    code: 'NOT_SUPPORTED',
    message: ({ reference, host, said }) =>
      `the registry ${host} cannot take ${reference} (${said}); push to another`,
  },
  {
    says: /\b507\b|HTTP status:? 5\d\d|status code 5\d\d|\b5\d\d \(|too ?many ?requests|\b429\b/i,
    code: 'REGISTRY_UNREACHABLE',
    message: ({ reference, host, said }) =>
      `the registry ${host} cannot take ${reference} now (${said}); try again later`,
  },
  {
    says: /unexpected EOF|\bEOF$|connection reset|broken pipe|stream error|killed by/i,
    code: 'REGISTRY_UNREACHABLE',
    message: ({ reference, host, said }) =>
      `the registry ${host} broke off while ${reference} was pushed (${said}); try again`,
  },
]

/** What skopeo said on its standard error while it pushed, as an error for people. `host` is the registry. */
export function pushError(stderr: string, reference: string, host: string): EngineError {
  const said = unframed(lastLine(stderr), FRAMES)
  // Who cannot be reached at all is told in the same words as when pulling.
  if (/^(?:error )?pinging|x509:|certificate|dial tcp|no such host/i.test(said)) {
    return registryError(said, reference, host)
  }
  const kind = KINDS.find(({ says }) => says.test(said))
  const cause = new Error(stderr.trim().slice(-4000))
  if (kind) return new EngineError(kind.code, kind.message({ reference, host, said }), { cause })
  return new EngineError('REGISTRY_UNREACHABLE', `cannot push ${reference} to ${host} (${said}); try again`, {
    cause,
  })
}
