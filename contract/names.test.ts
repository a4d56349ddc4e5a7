import { expect, test } from 'vitest'
import type { ContainerSummary } from './docker.ts'
import { nameOf, pathOf, shortId, splitReference, withTag } from './names.ts'

test('an id is read by its beginning, whatever names it', () => {
  expect(shortId(`sha256:${'0123456789abcdef'.repeat(4)}`)).toBe('0123456789ab')
  expect(shortId('0123456789abcdef')).toBe('0123456789ab')
})

test('a container is called by its first name, and by its id without one', () => {
  const called = (...Names: string[]): string => nameOf({ Names, Id: '0123456789abcdef' } as ContainerSummary)
  expect(called('/web', '/also')).toBe('web')
  expect(called()).toBe('0123456789ab')
})

test('in a path the name of an image keeps its slashes alone', () => {
  expect(pathOf('host:5000/a b/c?d')).toBe('host%3A5000/a%20b/c%3Fd')
})

test.each([
  ['redis', 'redis', ''],
  ['redis:7', 'redis', '7'],
  ['host:5000/redis', 'host:5000/redis', ''],
  ['host:5000/redis:7', 'host:5000/redis', '7'],
  ['redis@sha256:ab', 'redis', 'sha256:ab'],
])('%s is of %s, with %j behind it', (reference, repo, tag) => {
  expect(splitReference(reference)).toEqual({ repo, tag })
  expect(withTag(reference)).toBe(tag ? reference : `${reference}:latest`)
})
