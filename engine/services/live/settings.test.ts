import { expect, test } from 'vitest'
import type { ContainerCreateRequest } from '../../../contract/docker.ts'
import { newRecord } from '../containers/record.ts'
import { settingsOf, withSettings } from './settings.ts'

const record = newRecord('0'.repeat(64), 'source', {
  image: { id: 'sha256:1', reference: 'db' },
  config: { Cmd: ['serve', '-v'], Env: ['A=1', 'PATH=/bin'], User: 'app', Tty: false, Labels: { x: '1' } },
  hostConfig: { Memory: 2 ** 30, ReadonlyRootfs: true, AutoRemove: true, PortBindings: { '80/tcp': [] } },
})
const settings = settingsOf(record)

const refused = (request: ContainerCreateRequest, ...names: string[]) =>
  expect(() => withSettings('warm', request, settings)).toThrow(`another ${names.join(', ')};`)

test('of how a container ran only what its process cannot be told otherwise is kept', () => {
  expect(settings).toEqual({
    config: { Cmd: ['serve', '-v'], Env: ['A=1', 'PATH=/bin'], User: 'app' },
    hostConfig: { Memory: 2 ** 30, ReadonlyRootfs: true },
  })
})

test('what a client leaves open, or says alike, is as it was', () => {
  const request = {
    Image: 'warm',
    Cmd: null,
    Env: ['A=1'],
    User: '',
    Tty: false,
    Labels: { mine: 'yes' },
    HostConfig: { Memory: 0, CapAdd: null, Ulimits: [], PortBindings: { '80/tcp': [{ HostPort: '8080' }] } },
  }
  expect(withSettings('warm', request, settings)).toEqual({
    Image: 'warm',
    Cmd: ['serve', '-v'],
    Env: ['A=1', 'PATH=/bin'],
    User: 'app',
    Tty: false,
    Labels: { mine: 'yes' },
    HostConfig: {
      Memory: 2 ** 30,
      ReadonlyRootfs: true,
      CapAdd: null,
      Ulimits: [],
      PortBindings: { '80/tcp': [{ HostPort: '8080' }] },
    },
  })
})

test('what would be different is refused by name', () => {
  refused({ Cmd: ['other'] }, 'Cmd')
  refused({ Env: ['A=2'], User: 'root', WorkingDir: '/x' }, 'Env', 'User', 'WorkingDir')
  refused({ HostConfig: { Memory: 2 ** 29, Privileged: true } }, 'Memory', 'Privileged')
  refused({ HostConfig: { Binds: ['/a:/b'] } }, 'Binds')
})

test('a terminal is for whom the process has one', () => {
  refused({ Tty: true, AttachStdout: true }, 'Tty')
  const onTerminal = { config: { ...settings.config, Tty: true }, hostConfig: {} }
  expect(withSettings('warm', { AttachStdout: false }, onTerminal).Tty).toBe(true)
  expect(() => withSettings('warm', { AttachStdout: true }, onTerminal)).toThrow('another Tty;')
})
