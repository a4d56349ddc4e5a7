import { expect, test } from 'vitest'
import { commitConfig } from './commit-config.ts'
import { applyChanges } from './image-changes.ts'

const changed = (...changes: string[]) =>
  applyChanges({ Env: ['A=one', 'P=/bin'], WorkingDir: '/srv' }, changes)

test.each([
  ['CMD ["a", "b c"]', { Cmd: ['a', 'b c'] }],
  ['cmd echo $A', { Cmd: ['/bin/sh', '-c', 'echo $A'] }],
  ['ENTRYPOINT []', { Entrypoint: [] }],
  ['ENV P=$P:/x B="a b" C=\'$A\' D=a\\ b', { Env: ['A=one', 'P=/bin:/x', 'B=a b', 'C=$A', 'D=a b'] }],
  ['ENV A two words', { Env: ['P=/bin', 'A=two words'] }],
  ['ENV X=${NO:-none} Y=${A:+yes} Z=${A}!', { Env: ['A=one', 'P=/bin', 'X=none', 'Y=yes', 'Z=one!'] }],
  [
    'EXPOSE 80 53/udp 8000-8001',
    { ExposedPorts: { '80/tcp': {}, '53/udp': {}, '8000/tcp': {}, '8001/tcp': {} } },
  ],
  ['LABEL a=1 "b c"="d $A it\'s"', { Labels: { a: '1', 'b c': "d one it's" } }],
  ['ONBUILD RUN make $A', { OnBuild: ['RUN make $A'] }],
  ['USER $A:2', { User: 'one:2' }],
  ['VOLUME ["/a b"]', { Volumes: { '/a b': {} } }],
  ['VOLUME /a /b', { Volumes: { '/a': {}, '/b': {} } }],
  ['WORKDIR sub/../x', { WorkingDir: '/srv/x' }],
  ['WORKDIR /y', { WorkingDir: '/y' }],
])('%s', (change, expected) => expect(changed(change)).toMatchObject(expected))

test('an entry point takes an earlier command away, but not one that was given with it', () => {
  const before = { Cmd: ['old'] }
  expect(applyChanges(before, ['ENTRYPOINT ["x"]']).Cmd).toBeUndefined()
  expect(applyChanges(before, ['CMD ["new"]', 'ENTRYPOINT ["x"]']).Cmd).toEqual(['new'])
})

test.each([
  'RUN make',
  'FROM x',
  'toString x',
  'EXPOSE 99999',
  'ENV A',
  'ONBUILD FROM x',
  'LABEL',
  'LABEL a=1 b',
])('refuses %s', (change) => expect(() => changed(change)).toThrow(`cannot apply the change '${change}'`))

test('one change may hold several lines', () => {
  expect(changed('# first\nUSER me\nENV X=1 \\\n  Y=2\n')).toMatchObject({
    User: 'me',
    Env: ['A=one', 'P=/bin', 'X=1', 'Y=2'],
  })
})

test('of a container the image takes what is an image’s, and the request’s own before it', () => {
  const container = {
    Hostname: 'h',
    Tty: true,
    User: '',
    Env: ['A=1', 'B=2'],
    Cmd: ['run'],
    Entrypoint: null,
    Labels: { a: '1' },
    WorkingDir: '/',
  }
  expect(commitConfig(container, null)).toEqual({
    Env: ['A=1', 'B=2'],
    Cmd: ['run'],
    Labels: { a: '1' },
    WorkingDir: '/',
  })
  expect(
    commitConfig(container, { Env: ['B=3'], Entrypoint: ['e'], User: 'me', Labels: { b: '2' } }),
  ).toEqual({
    User: 'me',
    Env: ['A=1', 'B=3'],
    Entrypoint: ['e'],
    Labels: { a: '1', b: '2' },
    WorkingDir: '/',
  })
})
