import { expect, test } from 'vitest'
import { loginError, registryOf } from './login.ts'

test.each([
  [undefined, 'docker.io'],
  ['https://index.docker.io/v1/', 'docker.io'],
  ['localhost:5000', 'localhost:5000'],
  ['http://localhost:5000/v2/', 'localhost:5000'],
  ['reg.example', 'reg.example'],
])('the registry of %s is %s', (serveraddress, host) => {
  expect(registryOf(serveraddress === undefined ? {} : { serveraddress })).toBe(host)
})

test.each(['word', '--help', 'a b', 'user@reg.example', 'reg.example:x'])(
  'a login for %j goes nowhere',
  (serveraddress) => {
    expect(() => registryOf({ serveraddress })).toThrow(/is no registry/)
  },
)

const line = (message: string): string => `time="2026-01-01T00:00:00Z" level=fatal msg="${message}"\n`

test('a refused login, and a registry that is not there', () => {
  const host = 'localhost:5000'
  expect(loginError(line(`logging into \\"${host}\\": invalid username/password`), host)).toMatchObject({
    code: 'UNAUTHORIZED',
    message: `the registry ${host} refuses this login; check the user name and the password`,
  })
  const refused = `authenticating creds for \\"${host}\\": pinging container registry ${host}: Get \\"http://${host}/v2/\\": dial tcp 127.0.0.1:5000: connect: connection refused`
  expect(loginError(line(refused), host)).toMatchObject({
    code: 'REGISTRY_UNREACHABLE',
    message: expect.stringContaining(`cannot reach the registry ${host}`) as string,
  })
})
