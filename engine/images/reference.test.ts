import { describe, expect, test } from 'vitest'
import { canonical, familiar, isLoopback, parseReference, repository } from './reference.ts'

const digest = `sha256:${'a'.repeat(64)}`

describe('a reference', () => {
  test.each([
    ['redis', 'docker.io/library/redis:latest', 'redis:latest'],
    ['redis:7', 'docker.io/library/redis:7', 'redis:7'],
    ['docker.io/redis', 'docker.io/library/redis:latest', 'redis:latest'],
    ['index.docker.io/library/redis', 'docker.io/library/redis:latest', 'redis:latest'],
    ['user/app:v1.2-rc_3', 'docker.io/user/app:v1.2-rc_3', 'user/app:v1.2-rc_3'],
    ['localhost/app', 'localhost/app:latest', 'localhost/app:latest'],
    ['localhost:5000/a/b/c', 'localhost:5000/a/b/c:latest', 'localhost:5000/a/b/c:latest'],
    ['ghcr.io/some__one/app--x', 'ghcr.io/some__one/app--x:latest', 'ghcr.io/some__one/app--x:latest'],
    ['[::1]:5000/app', '[::1]:5000/app:latest', '[::1]:5000/app:latest'],
    [`redis@${digest}`, `docker.io/library/redis@${digest}`, `redis@${digest}`],
    [`redis:7@${digest}`, `docker.io/library/redis@${digest}`, `redis@${digest}`],
  ])('%s', (text, full, short) => {
    expect(canonical(parseReference(text))).toBe(full)
    expect(familiar(full)).toBe(short)
    expect(canonical(parseReference(short))).toBe(full)
  })

  test('has a repository without tag and digest', () => {
    expect(repository(parseReference('localhost:5000/app:1'))).toBe('localhost:5000/app')
  })

  test.each([
    '',
    ':7',
    'Redis',
    'a//b',
    '/a',
    'a/',
    'a:',
    'a b',
    'a:b:c',
    '-a',
    'a-',
    'a..b',
    'a___b',
    '../a',
    'a/../b',
    'redis@',
    'redis@sha256:../../x',
    `redis@${digest}0`,
    'http://a/b',
    'a:-x',
    `a:${'t'.repeat(129)}`,
    `${'a'.repeat(256)}`,
    'host:port/a',
    'a\n',
    '--help',
    '-v/a',
  ])('%j is refused', (text) => {
    // prettier-ignore
    expect(() => parseReference(text)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
  })
})

test('only this machine is loopback, whatever a name looks like', () => {
  for (const domain of ['localhost', 'localhost:5000', '127.0.0.1', '127.1.2.3:80', '[::1]:5000']) {
    expect(isLoopback(domain)).toBe(true)
  }
  for (const domain of [
    'localhost.example.org',
    '127.0.0.1.example.org',
    'notlocalhost',
    '10.0.0.1',
    '[::2]',
    '1127.0.0.1',
  ]) {
    expect(isLoopback(domain)).toBe(false)
  }
})
