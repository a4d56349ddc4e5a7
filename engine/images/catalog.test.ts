import { describe, expect, test } from 'vitest'
import { Catalog } from './catalog.ts'
import { MEDIA } from './manifest.ts'
import type { StoredImage } from './stored-image.ts'

function image(letter: string): StoredImage {
  const digest = (first: string): string => `sha256:${first}${letter.repeat(63)}`
  const descriptor = { mediaType: MEDIA.ociManifest, digest: digest('1'), size: 1 }
  const config = { mediaType: MEDIA.ociConfig, digest: digest('2'), size: 10 }
  const layer = { mediaType: MEDIA.dockerLayer, digest: digest('3'), size: 100 }
  const parsed = {
    created: '',
    author: '',
    os: '',
    architecture: '',
    diffIds: [digest('4')],
    config: {},
    history: [],
  }
  return { id: config.digest, descriptor, manifest: { mediaType: MEDIA.ociManifest, config, layers: [layer] }, config: parsed } // prettier-ignore
}

const [a, b] = [image('a'), image('b')]
const hub = (name: string): string => `docker.io/library/${name}`
const byDigest = (name: string): string => `${name}@sha256:${'d'.repeat(64)}`
const code = (value: string) => expect.objectContaining({ code: value })

describe('looking up', () => {
  const catalog = new Catalog().with(a, [hub('one:1')]).with(b, [hub('two:latest'), byDigest(hub('two'))])

  test('by any form of the name, by id, by its beginning', () => {
    for (const name of [
      'two',
      'two:latest',
      'docker.io/library/two',
      byDigest('two'),
      b.id,
      b.id.slice(7),
      '2bbb',
      'sha256:2b',
    ]) {
      expect(catalog.find(name).image).toBe(b)
    }
    expect(catalog.find('two').name).toBe(hub('two:latest'))
    expect(catalog.find(b.id).name).toBeUndefined()
  })

  test('a name that looks like the beginning of an id is a name first', () => {
    expect(catalog.with(a, [hub('2bbb:latest')]).find('2bbb').image).toBe(a)
  })

  test('what is not there, and what is ambiguous', () => {
    expect(() => catalog.find('three')).toThrow(code('IMAGE_NOT_FOUND'))
    expect(() => catalog.find('one:2')).toThrow(/no such image: one:2; pull it with `ramet pull one:2`/)
    expect(() => catalog.find(`sha256:${'0'.repeat(64)}`)).toThrow(code('IMAGE_NOT_FOUND'))
    expect(() => catalog.find('2')).toThrow(/2 images begin with 2/)
    expect(() => catalog.find('../x')).toThrow(code('INVALID_ARGUMENT'))
  })

  test('tells names as people know them, and the size of config and layers', () => {
    expect(catalog.describe(b)).toMatchObject({
      id: b.id,
      repoTags: ['two:latest'],
      repoDigests: [byDigest('two')],
      size: 110,
    })
  })
})

describe('naming', () => {
  test('a name moves; who loses the last one stays without any', () => {
    const catalog = new Catalog().with(a, [hub('x:1')]).with(b, [hub('x:1')])
    expect(catalog.names(a.id)).toEqual([])
    expect(catalog.images().map(({ id }) => id).sort()).toEqual([a.id, b.id]) // prettier-ignore
    expect(catalog.entries()).toEqual([
      { manifest: a.descriptor },
      { manifest: b.descriptor, name: hub('x:1') },
    ])
    expect(catalog.with(a, [hub('x:1')]).names(a.id)).toEqual([hub('x:1')])
  })

  test('an image without names is there once, until it has one', () => {
    const nameless = new Catalog().with(a, []).with(a, [])
    expect(nameless.entries()).toEqual([{ manifest: a.descriptor }])
    expect(nameless.with(a, [hub('x:1')]).entries()).toEqual([{ manifest: a.descriptor, name: hub('x:1') }])
  })

  test('the manifest that came last describes an image, under all its names', () => {
    const newer = { ...a, descriptor: { ...a.descriptor, digest: b.descriptor.digest } }
    const catalog = new Catalog().with(a, [hub('x:1')]).with(newer, [hub('x:2')])
    expect(catalog.entries().map(({ manifest }) => manifest.digest)).toEqual([newer, newer].map((each) => each.descriptor.digest)) // prettier-ignore
  })
})

describe('removing', () => {
  const names = [hub('x:1'), hub('x:2'), byDigest(hub('x')), 'ghcr.io/y/y:1']
  const catalog = new Catalog().with(a, names).with(b, [hub('z:1')])

  test("a repository's last tag takes its digests along", () => {
    expect(catalog.goingWith(a, hub('x:1'))).toEqual([hub('x:1')])
    const left = catalog.without(a, [hub('x:1')], false)
    expect(left.goingWith(a, hub('x:2'))).toEqual([hub('x:2'), byDigest(hub('x'))])
    expect(left.without(a, [hub('x:2'), byDigest(hub('x'))], false).names(a.id)).toEqual(['ghcr.io/y/y:1'])
  })

  test('with the last name goes the image, unless it is kept', () => {
    expect(catalog.without(a, names, false).images()).toEqual([b])
    const kept = catalog.without(a, names, true)
    expect(kept.images()).toHaveLength(2)
    expect(kept.names(a.id)).toEqual([])
    expect(kept.without(a, [], false).images()).toEqual([b])
  })

  test('an image of several tags or repositories is ambiguous', () => {
    expect(catalog.isAmbiguous(a)).toBe(true)
    expect(catalog.isAmbiguous(b)).toBe(false)
    const tagAndDigest = new Catalog().with(a, [hub('x:1'), byDigest(hub('x'))])
    expect(tagAndDigest.isAmbiguous(a)).toBe(false)
  })
})
