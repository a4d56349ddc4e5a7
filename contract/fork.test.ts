import { expect, test } from 'vitest'
import type { ContainerSummary } from './docker.ts'
import { defaultFork, forkName } from './fork.ts'

const container = (name: string, Ports: ContainerSummary['Ports'] = []): ContainerSummary =>
  ({ Id: `id of ${name}`, Names: [`/${name}`], Ports }) as unknown as ContainerSummary

test('forks get free names after the first of them all', () => {
  const [db, first] = [container('db'), container('db-fork-1')]
  expect(forkName(db, [db], 1)).toBe('db-fork-1')
  expect(forkName(db, [db, first], 1)).toBe('db-fork-2')
  expect(forkName(first, [db, first], 1)).toBe('db-fork-2')
  expect(forkName(db, [db], 3)).toBe('db-fork')
  expect(forkName(db, [db, first], 3)).toBe('db-fork2')
  expect(forkName(container('db-fork2-3'), [db, first], 1)).toBe('db-fork-2')
})

test('what is published is published of each copy, on free ports', () => {
  const web = container('web', [
    { IP: '127.0.0.1', PrivatePort: 80, PublicPort: 8080, Type: 'tcp' },
    { IP: '0.0.0.0', PrivatePort: 53, PublicPort: 53, Type: 'udp' },
    { PrivatePort: 9000, Type: 'tcp' },
  ])
  expect(defaultFork(web, [web], 2)).toEqual({
    count: 2,
    name: 'web-fork',
    ports: {
      '80/tcp': [{ HostIp: '127.0.0.1', HostPort: '0' }],
      '53/udp': [{ HostIp: '0.0.0.0', HostPort: '0' }],
    },
  })
})
