import { describe, expect, test } from 'vitest'
import { MEDIA, parseImageManifest, parseManifest } from './manifest.ts'

const digest = `sha256:${'a'.repeat(64)}`
const config = { mediaType: MEDIA.ociConfig, digest, size: 10 }
const layer = { mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', digest, size: 20 }
const manifest = { schemaVersion: 2, mediaType: MEDIA.ociManifest, config, layers: [layer] }
const entry = {
  mediaType: MEDIA.ociManifest,
  digest,
  size: 30,
  platform: { os: 'linux', architecture: 'amd64' },
}
const index = { schemaVersion: 2, mediaType: MEDIA.ociIndex, manifests: [entry] }

const parse = (value: unknown, type?: string) => parseManifest(Buffer.from(JSON.stringify(value)), type)
const refuses = (value: unknown, why: RegExp, type?: string) =>
  expect(() => parse(value, type)).toThrow(
    expect.objectContaining({ code: 'IMAGE_INVALID', message: expect.stringMatching(why) as string }),
  )

describe('what is read', () => {
  test('a manifest, of OCI or Docker, with or without its type', () => {
    const read = { mediaType: MEDIA.ociManifest, config, layers: [layer] }
    expect(parse(manifest)).toEqual({ kind: 'manifest', manifest: read })
    expect(parse({ ...manifest, mediaType: undefined }, MEDIA.ociManifest)).toEqual({
      kind: 'manifest',
      manifest: read,
    })
    const docker = { ...config, mediaType: MEDIA.dockerConfig }
    const layers = [{ ...layer, mediaType: `${MEDIA.dockerLayer}.gzip` }]
    expect(parse({ ...manifest, mediaType: MEDIA.dockerManifest, config: docker, layers })).toMatchObject({ manifest: { layers } }) // prettier-ignore
  })

  test('an index, whose platforms may lack', () => {
    const bare = { ...entry, platform: undefined }
    const read = parse({ ...index, manifests: [entry, bare] })
    expect(read).toEqual({
      kind: 'index',
      manifests: [
        { mediaType: MEDIA.ociManifest, digest, size: 30, os: 'linux', architecture: 'amd64' },
        { mediaType: MEDIA.ociManifest, digest, size: 30, os: '', architecture: '' },
      ],
    })
    expect(() => parseImageManifest(Buffer.from(JSON.stringify(index)))).toThrow(/index inside an index/)
  })
})

describe('what is refused', () => {
  test('both layers and manifests', () =>
    refuses({ ...manifest, manifests: [entry] }, /both layers and manifests/))

  test('a type that is not that of the content, or not that of the reference to it', () => {
    refuses({ ...manifest, mediaType: MEDIA.ociIndex }, /claims the type/)
    refuses(manifest, /claims the type/, MEDIA.dockerList)
    refuses(manifest, /referred to as/, MEDIA.dockerManifest)
    refuses({ ...index, mediaType: MEDIA.ociManifest }, /claims the type/)
  })

  test('digests that are none, before a path or URL is made of them', () => {
    for (const bad of ['sha256:../../x', 'sha512:00', '', undefined, 7]) {
      refuses({ ...manifest, config: { ...config, digest: bad } }, /invalid digest/)
      refuses({ ...manifest, layers: [{ ...layer, digest: bad }] }, /invalid digest/)
      refuses({ ...index, manifests: [{ ...entry, digest: bad }] }, /invalid digest/)
    }
  })

  test('sizes that are none', () => {
    for (const size of [-1, 1.5, '20', 2 ** 60, undefined])
      refuses({ ...manifest, layers: [{ ...layer, size }] }, /invalid size/)
  })

  test('no layers, too many, or of unknown types', () => {
    refuses({ ...manifest, layers: [] }, /no layers/)
    refuses({ ...manifest, layers: undefined }, /no layers/)
    refuses({ ...manifest, layers: Array.from({ length: 513 }, () => layer) }, /513 layers/)
    refuses({ ...manifest, layers: [{ ...layer, mediaType: 'text/html' }] }, /cannot read/)
  })

  test('layers that are kept elsewhere: no credentials go there', () => {
    refuses({ ...manifest, layers: [{ ...layer, urls: ['http://127.0.0.1/x'] }] }, /foreign layer/)
  })

  test('artifacts that are no images, and manifests of other versions', () => {
    refuses(
      { ...manifest, config: { ...config, mediaType: 'application/vnd.cncf.helm.config.v1+json' } },
      /other artifact/,
    )
    refuses({ ...manifest, schemaVersion: 1 }, /schema version/)
  })

  test('what hides in the prototype', () => {
    const text = JSON.stringify({ schemaVersion: 2 }).replace(
      '{',
      `{"__proto__":${JSON.stringify(manifest)},`,
    )
    expect(() => parseManifest(Buffer.from(text))).toThrow(/descriptor|no layers/)
  })
})
