import { expect, test } from 'vitest'
import { mountText } from '../../contract/mount-text.ts'
import { mountOf, parseVolumes } from './mounts.ts'

test('-v tells mounts with a source from volumes without a name', () => {
  expect(parseVolumes(['/srv:/a:ro', 'data:/b', '/c', './x:/d'])).toEqual({
    binds: ['/srv:/a:ro', 'data:/b', `${process.cwd()}/x:/d`],
    volumes: { '/c': {} },
  })
})

test('--mount is read as docker reads it', () => {
  expect(mountOf('type=bind,src=/srv,dst=/data,readonly')).toEqual({
    Type: 'bind',
    Source: '/srv',
    Target: '/data',
    ReadOnly: true,
  })
  expect(mountOf('source=v,target=/x,volume-subpath=a/b,volume-nocopy,volume-opt=type=disk')).toEqual({
    Type: 'volume',
    Source: 'v',
    Target: '/x',
    VolumeOptions: { Subpath: 'a/b', NoCopy: true, DriverConfig: { Options: { type: 'disk' } } },
  })
  expect(mountOf('type=tmpfs,target=/t,tmpfs-size=1m,tmpfs-mode=1770')).toEqual({
    Type: 'tmpfs',
    Target: '/t',
    TmpfsOptions: { SizeBytes: 1024 * 1024, Mode: 0o1770 },
  })
  expect(mountOf('type=bind,"source=/a,b",target=/c').Source).toBe('/a,b')
})

test('a mount is told as it is read', () => {
  for (const words of [
    'type=bind,src=/a b,dst=/b,readonly,consistency=delegated,bind-propagation=rprivate,bind-create-src,bind-recursive=writable',
    'type=volume,src=v,dst=/x,volume-nocopy,volume-subpath=a,volume-label=l,volume-label=m=n,volume-driver=local,volume-opt=o=p',
    'type=tmpfs,dst=/t,tmpfs-size=1024,tmpfs-mode=700',
    'type=bind,"src=/a,""b""",dst=/c',
  ]) {
    expect(mountText(mountOf(words))).toBe(words)
  }
  expect(mountText(mountOf('type=bind,src=/a,dst=/a,bind-nonrecursive,bind-create-src=false'))).toBe(
    'type=bind,src=/a,dst=/a,bind-recursive=disabled',
  )
})

test.each([
  ['type=bind,colour=red', "'colour' is not known"],
  ['type=bind,ro=maybe', 'give true or false'],
  ['type=tmpfs,tmpfs-mode=999', 'write it in octal'],
  ['type=tmpfs,tmpfs-size=much', 'write a number and a unit'],
  ['type=bind,bind-recursive=some', 'give enabled, disabled'],
  ['"type=bind', 'a quote is not closed'],
])('%s is refused', (spec, why) => {
  expect(() => mountOf(spec)).toThrow(why)
})
