import { expect, test } from 'vitest'
import { lastLine, registryError } from './skopeo-errors.ts'

const host = 'localhost:5000'
const name = `${host}/not-found/unauthorized:404`
const frame = `Error parsing image name \\"docker://${name}\\": `
const line = (message: string): string => `time="2026-01-01T00:00:00Z" level=fatal msg="${message}"\n`

// As skopeo 1.9 to 1.20 and registries word it; the name is made to mislead.
test.each([
  [
    'IMAGE_NOT_FOUND',
    `${frame}reading manifest 404 in ${host}/not-found/unauthorized: manifest unknown: manifest unknown`,
  ],
  [
    'IMAGE_NOT_FOUND',
    `${frame}reading manifest 404 in ${host}/not-found/unauthorized: name unknown: repository name not known to registry`,
  ],
  [
    'UNAUTHORIZED',
    `${frame}reading manifest 404 in ${host}/not-found/unauthorized: unauthorized: authentication required`,
  ],
  ['UNAUTHORIZED', `${frame}reading manifest 404 in x/y: requested access to the resource is denied`],
  [
    'UNAUTHORIZED',
    `initializing source docker://${name}: reading manifest 404 in x/y: errors: denied: requested access`,
  ],
  [
    'UNAUTHORIZED',
    `${frame}unable to retrieve auth token: invalid username/password: unauthorized: incorrect`,
  ],
  [
    'REGISTRY_UNREACHABLE',
    `${frame}pinging container registry ${host}: Get \\"http://${host}/v2/\\": dial tcp 127.0.0.1:5000: connect: connection refused`,
  ],
  [
    'REGISTRY_UNREACHABLE',
    `${frame}pinging container registry ${host}: Get \\"https://${host}/v2/\\": http: server gave HTTP response to HTTPS client`,
  ],
  [
    'REGISTRY_UNREACHABLE',
    `${frame}pinging container registry x: Get \\"https://x/v2/\\": x509: certificate signed by unknown authority`,
  ],
  [
    'REGISTRY_UNREACHABLE',
    `${frame}reading manifest 404 in x/y: received unexpected HTTP status: 500 Internal Server Error`,
  ],
  [
    'REGISTRY_UNREACHABLE',
    `${frame}reading manifest 404 in x/y: toomanyrequests: You have reached your pull rate limit`,
  ],
  ['REGISTRY_UNREACHABLE', `copying system image from manifest list: reading blob sha256:aa: unexpected EOF`],
  ['REGISTRY_UNREACHABLE', 'something that nobody has heard of yet'],
  ['DIGEST_MISMATCH', `writing blob: Digest did not match, expected sha256:aa, got sha256:bb`],
  [
    'DIGEST_MISMATCH',
    `Error reading configuration blob: Download config.json digest sha256:aa does not match expected sha256:bb`,
  ],
  ['DIGEST_MISMATCH', `${frame}manifest does not match provided manifest digest sha256:aa`],
  [
    'DISK_FULL',
    `writing blob: storing blob to file \\"/x/oci-put-blob1\\": write /x/oci-put-blob1: no space left on device`,
  ],
  ['IMAGE_INVALID', `${frame}unsupported schema version 7`],
])('%s: %s', (code, message) => {
  // prettier-ignore
  const error = registryError(`level=warning msg="not found, unauthorized"\n${line(message)}`, name, host)
  expect(error.code).toBe(code)
  expect(error.message).not.toMatch(/\n|Error parsing image name/)
  expect(error.message.length).toBeLessThan(1000)
})

test('terminal escapes of a registry reach nobody', () => {
  expect(lastLine(line('a\u001b[2Jb\u009bc\\"d\\"'))).toBe('a [2Jb c"d"')
  expect(lastLine('')).toBe('skopeo failed without a word')
  expect(lastLine('first\nplain last')).toBe('plain last')
})
