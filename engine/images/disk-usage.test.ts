import { expect, test } from 'vitest'
import { usageOf } from './disk-usage.ts'
import { MEDIA } from './manifest.ts'
import type { StoredImage } from './stored-image.ts'

function image(name: string, layers: [name: string, size: number][]): StoredImage {
  const blob = (digest: string, size: number) => ({ mediaType: MEDIA.dockerLayer, digest, size })
  const manifest = {
    mediaType: MEDIA.ociManifest,
    config: blob(`${name}-config`, 10),
    layers: layers.map(([digest, size]) => blob(digest, size)),
  }
  const config = { created: '', author: '', architecture: '', os: '', diffIds: [], config: {}, history: [] }
  return { id: name, descriptor: blob(`${name}-manifest`, 1), manifest, config }
}

test('a layer that several images have is shared, and counts once in all', () => {
  const images = [
    image('a', [
      ['base', 1000],
      ['top', 200],
      ['top', 200],
    ]),
    image('b', [['base', 1000]]),
    image('c', [['own', 5]]),
  ]
  expect(usageOf(images, new Map([['a', 50_000]]))).toEqual({
    images: [
      { id: 'a', size: 51_211, shared: 1000, unpacked: 50_000 },
      { id: 'b', size: 1011, shared: 1000, unpacked: 0 },
      { id: 'c', size: 16, shared: 0, unpacked: 0 },
    ],
    total: 51_211 + 11 + 16,
  })
})
