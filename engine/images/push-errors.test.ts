import { expect, test } from 'vitest'
import { pushError } from './push-errors.ts'

const host = 'localhost:5000'
const name = `${host}/404/denied:1`
const blob = `sha256:${'f'.repeat(64)}`
const reuse = `trying to reuse blob ${blob} at destination: `
const line = (message: string): string => `time="2026-01-01T00:00:00Z" level=fatal msg="${message}"\n`

// As skopeo 1.9 and registries word it; the name is made to mislead.
test.each([
  [
    'UNAUTHORIZED',
    /does not take/,
    `${reuse}checking whether a blob ${blob} exists in ${host}/404/denied: unauthorized: authentication required`,
  ],
  [
    'UNAUTHORIZED',
    /log in/,
    `${reuse}failed to read from destination repository 404/denied: 403 (Forbidden)`,
  ],
  [
    'NOT_FOUND',
    /has no repository/,
    `writing blob: initiating layer upload to /v2/404/denied/blobs/uploads/ in ${host}: name unknown`,
  ],
  [
    'NOT_SUPPORTED',
    /cannot take/,
    `${reuse}failed to read from destination repository 404/denied: 405 (Method Not Allowed)`,
  ],
  [
    'REGISTRY_UNREACHABLE',
    /try again later/,
    `${reuse}failed to read from destination repository 404/denied: 507 (Insufficient Storage)`,
  ],
  [
    'REGISTRY_UNREACHABLE',
    /cannot reach the registry/,
    `${reuse}pinging container registry ${host}: Get \\"http://${host}/v2/\\": dial tcp 127.0.0.1:5000: connect: connection refused`,
  ],
  [
    'REGISTRY_UNREACHABLE',
    /speaks no TLS/,
    `${reuse}pinging container registry ${host}: Get \\"https://${host}/v2/\\": http: server gave HTTP response to HTTPS client`,
  ],
  ['REGISTRY_UNREACHABLE', /cannot push/, 'something that nobody has foreseen'],
])('%s %s', (code, says, message) => {
  const error = pushError(line(message), name, host)
  expect(error.code).toBe(code)
  expect(error.message).toMatch(says)
  expect(error.message).not.toMatch(/\n|pulled/)
})
