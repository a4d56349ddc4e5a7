import { expect, test } from 'vitest'
import type { HostConfig } from '../../../contract/docker.ts'
import { planMounts } from './plan.ts'
import type { MountRecord } from './record.ts'

const none = (): MountRecord[] => []
const plan = (host: HostConfig, volumes: string[] = []): MountRecord[] =>
  planMounts({ Volumes: Object.fromEntries(volumes.map((path) => [path, {}])) }, host, none).mounts

test('a bind is told from a volume by its slash', () => {
  expect(plan({ Binds: ['/srv:/a', 'data:/b:ro', 'data:/c:nocopy', '/d'] })).toEqual([
    { type: 'bind', source: '/srv', target: '/a', readOnly: false, mode: '' },
    { type: 'volume', source: 'data', target: '/b', readOnly: true, mode: 'ro' },
    { type: 'volume', source: 'data', target: '/c', readOnly: false, mode: 'nocopy', noCopy: true },
    { type: 'volume', source: '', target: '/d', readOnly: false, mode: '' },
  ])
})

test.each([
  ['/a:/b:shared', "propagation 'shared' is not possible"],
  ['/a:/b:rslave', "propagation 'rslave' is not possible"],
  ['/a:/b:rox', 'invalid mode: rox'],
  ['/a:/b:nocopy', 'only a volume is copied into'],
  ['/a:b', "must be absolute, and 'b' is not"],
  ['/a:/', "destination can't be '/'"],
  ['/a:/x/..', "destination can't be '/'"],
  ['/a:/proc/sys', 'nothing can be mounted into /proc'],
  ['/b:ro', 'invalid volume specification'],
  ['a:/b:ro:rw', 'invalid volume specification'],
  [':/b', 'invalid volume specification'],
])('%s is refused', (text, why) => {
  expect(() => plan({ Binds: [text] })).toThrow(why)
})

test('the long form says all that the short one does, and more', () => {
  const mounts = plan({
    Mounts: [
      { Type: 'bind', Source: '/srv', Target: '/a/', ReadOnly: true, Consistency: 'cached' },
      { Type: 'bind', Source: '/new', Target: '/b', BindOptions: { CreateMountpoint: true } },
      { Type: 'volume', Source: 'data', Target: '/c', VolumeOptions: { Subpath: 'in/it', NoCopy: true } },
      { Type: 'tmpfs', Target: '/d', TmpfsOptions: { SizeBytes: 1024, Mode: 0o1770, Options: [['exec']] } },
    ],
  })
  expect(mounts).toMatchObject([
    { type: 'bind', target: '/a', readOnly: true, mustExist: true },
    { type: 'bind', target: '/b', mustExist: false },
    { type: 'volume', subpath: 'in/it', noCopy: true },
    { type: 'tmpfs', options: ['size=1024', 'mode=1770', 'exec'] },
  ])
})

test.each([
  [{ Type: 'bind', Source: 'x', Target: '/a' }, 'source path must be absolute'],
  [{ Type: 'bind', Target: '/a' }, 'the source is missing'],
  [{ Type: 'volume', Source: 'v' }, 'the target is missing'],
  [{ Type: 'npipe', Source: 'v', Target: '/a' }, "the type 'npipe' are not supported"],
  [{ Type: 'bind', Source: '/x', Target: '/a', VolumeOptions: {} }, 'VolumeOptions must not be given'],
  [{ Type: 'bind', Source: '/x', Target: '/a', BindOptions: { Propagation: 'rshared' } }, "'rshared'"],
  [{ Type: 'bind', Source: '/x', Target: '/a', BindOptions: { NonRecursive: true } }, 'NonRecursive'],
  [{ Type: 'volume', Source: 'v', Target: '/a', VolumeOptions: { Subpath: '../x' } }, 'must lie inside'],
  [{ Type: 'tmpfs', Source: '/x', Target: '/a' }, 'a tmpfs has no source'],
])('%j is refused', (mount, why) => {
  expect(() => plan({ Mounts: [mount] })).toThrow(why)
})

test('one place takes one mount, but what was asked for replaces what the image has', () => {
  expect(() => plan({ Binds: ['/x:/a', 'v:/a/'] })).toThrow('Duplicate mount point: /a')
  expect(() => plan({ Binds: ['/x:/a'], Tmpfs: { '/a': '' } })).toThrow('Duplicate mount point: /a')
  expect(plan({ Binds: ['/x:/a'] }, ['/a', '/b'])).toMatchObject([
    { type: 'bind', target: '/a' },
    { type: 'volume', target: '/b', source: '' },
  ])
})

test('a bind at, or in, a volume of the image is known for one of its data', () => {
  const Binds = ['/one:/data', '/two:/lib/pg/in', '/three:/database', '/four:/lib', 'five:/data/in']
  const data = plan({ Binds }, ['/data', '/lib/pg/']).filter(({ isData }) => isData)
  expect(data.map(({ source }) => source)).toEqual(['/one', '/two'])
})

test('parents come before what lies in them', () => {
  const targets = plan({ Binds: ['a:/x/y/z', 'b:/x', 'c:/x/y'] }).map(({ target }) => target)
  expect(targets).toEqual(['/x', '/x/y', '/x/y/z'])
})

test('mounts of another container are taken over, and belong to that one', () => {
  const theirs: MountRecord[] = [
    { type: 'volume', target: '/a', source: 'v', readOnly: false, mode: '', anonymous: true },
    { type: 'tmpfs', target: '/t', source: '', readOnly: false, mode: '' },
    { type: 'bind', target: '/b', source: '/srv', readOnly: false, mode: '' },
  ]
  const { mounts } = planMounts({}, { VolumesFrom: ['one:ro'], Binds: ['/own:/b'] }, () => theirs)
  expect(mounts).toEqual([
    { type: 'volume', target: '/a', source: 'v', readOnly: true, mode: '', anonymous: undefined },
    { type: 'bind', target: '/b', source: '/own', readOnly: false, mode: '' },
  ])
})
