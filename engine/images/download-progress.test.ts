import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { ProgressMessage } from '../../contract/docker.ts'
import { DownloadProgress } from './download-progress.ts'

test('what is there is told of once, whoever looks at the same time', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ramet-progress-'))
  const blobs = join(folder, 'blobs')
  await mkdir(join(blobs, 'sha256'), { recursive: true })
  const layers = ['a', 'b', 'c'].map((letter) => ({ digest: `sha256:${letter.repeat(64)}`, size: 1, mediaType: '' })) // prettier-ignore
  for (const letter of ['a', 'b', 'c']) await writeFile(join(blobs, 'sha256', letter.repeat(64)), 'x')
  const told: ProgressMessage[] = []
  using progress = new DownloadProgress({
    scratch: join(folder, 'none'),
    blobs,
    layers,
    onProgress: (message) => told.push(message),
  })
  await Promise.all([progress.finish(), progress.finish()])
  expect(told.map(({ id }) => id)).toEqual(['a', 'b', 'c'].map((letter) => letter.repeat(12)))
  await rm(folder, { recursive: true })
})
