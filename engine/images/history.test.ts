import { expect, test } from 'vitest'
import type { ImageHistory } from '../../contract/image.ts'
import { historyOf } from './history.ts'
import { MEDIA } from './manifest.ts'
import type { StoredImage } from './stored-image.ts'

function image(sizes: number[], history: ImageHistory[]): StoredImage {
  const digest = `sha256:${'1'.repeat(64)}`
  const blob = (size: number) => ({ mediaType: MEDIA.dockerLayer, digest, size })
  const manifest = { mediaType: MEDIA.ociManifest, config: blob(1), layers: sizes.map(blob) }
  const about = { created: '', author: '', architecture: '', os: '', config: {} }
  return {
    id: digest,
    descriptor: blob(1),
    manifest,
    config: { ...about, diffIds: sizes.map(() => digest), history },
  }
}

test('steps come newest first, and those that made a layer have its size', () => {
  const created = '2024-01-02T03:04:05Z'
  const steps = historyOf(
    image(
      [10, 20],
      [
        { created, createdBy: 'ADD base' },
        { createdBy: 'ENV A=1', emptyLayer: true },
        { createdBy: 'RUN make', comment: 'buildkit' },
      ],
    ),
  )
  expect(steps).toEqual([
    { createdBy: 'RUN make', comment: 'buildkit', size: 20 },
    { createdBy: 'ENV A=1', comment: '', size: 0 },
    { created, createdBy: 'ADD base', comment: '', size: 10 },
  ])
})

test('layers without a step are shown, steps without a layer are empty', () => {
  expect(historyOf(image([10, 20], [])).map(({ size }) => size)).toEqual([20, 10])
  expect(historyOf(image([10], [{ createdBy: 'a' }, { createdBy: 'b' }])).map(({ size }) => size)).toEqual([
    0, 10,
  ])
})
