import { expect, test } from 'vitest'
import { parseMount, parseVolumes } from './mounts.ts'

test('-v tells mounts with a source from volumes without a name', () => {
  expect(parseVolumes(['/srv:/a:ro', 'data:/b', '/c', './x:/d'])).toEqual({
    binds: ['/srv:/a:ro', 'data:/b', `${process.cwd()}/x:/d`],
    volumes: { '/c': {} },
  })
})

test('--mount is read as docker reads it', () => {
  expect(parseMount('type=bind,src=/srv,dst=/data,readonly')).toEqual({
    Type: 'bind',
    Source: '/srv',
    Target: '/data',
    ReadOnly: true,
  })
  expect(parseMount('source=v,target=/x,volume-subpath=a/b,volume-nocopy,volume-opt=type=disk')).toEqual({
    Type: 'volume',
    Source: 'v',
    Target: '/x',
    VolumeOptions: { Subpath: 'a/b', NoCopy: true, DriverConfig: { Options: { type: 'disk' } } },
  })
  expect(parseMount('type=tmpfs,target=/t,tmpfs-size=1m,tmpfs-mode=1770')).toEqual({
    Type: 'tmpfs',
    Target: '/t',
    TmpfsOptions: { SizeBytes: 1024 * 1024, Mode: 0o1770 },
  })
  expect(parseMount('type=bind,"source=/a,b",target=/c').Source).toBe('/a,b')
})

test.each([
  ['type=bind,colour=red', "'colour' is not known"],
  ['type=bind,ro=maybe', 'give true or false'],
  ['type=tmpfs,tmpfs-mode=999', 'write it in octal'],
  ['"type=bind', 'a quote is not closed'],
])('%s is refused', (spec, why) => {
  expect(() => parseMount(spec)).toThrow(why)
})
