import { expect, test } from 'vitest'
import { EngineError } from '../../contract/errors.ts'
import type { Image } from '../images/store.ts'
import { Arrival } from './image-arrival.ts'

const image = (id: string, ...repoTags: string[]): Image => ({ id, repoTags }) as unknown as Image

/** A store that notes what is done to it. */
function noting(...present: Image[]) {
  const done: string[] = []
  const store = {
    list: () => Promise.resolve(present),
    remove: (id: string) =>
      Promise.resolve({ untagged: [], deleted: [], removed: done.push(`remove ${id}`) }),
    tag: (id: string, name: string) => Promise.resolve(void done.push(`tag ${id} ${name}`)),
  }
  return { store, done }
}

const invalid = () => Promise.reject(new EngineError('IMAGE_INVALID', 'no'))

test('an image of no use goes, and its names go back', async () => {
  const { store, done } = noting(image('old', 'app:1'), image('other', 'app:2'))
  const arrival = await Arrival.expect(store)
  await expect(arrival.ready(image('new', 'app:1', 'app:3'), invalid)).rejects.toMatchObject({ code: 'IMAGE_INVALID' }) // prettier-ignore
  expect(done).toEqual(['remove new', 'tag old app:1'])
})

test('one that was there stays, as does one whose conversion was cancelled, or went well', async () => {
  const { store, done } = noting(image('old', 'app:1'))
  const arrival = await Arrival.expect(store)
  await expect(arrival.ready(image('old', 'app:1'), invalid)).rejects.toBeDefined()
  const cancelled = () => Promise.reject(new DOMException('enough', 'AbortError'))
  await expect(arrival.ready(image('new', 'app:2'), cancelled)).rejects.toMatchObject({ name: 'AbortError' })
  await arrival.ready(image('new', 'app:2'), () => Promise.resolve())
  expect(done).toEqual([])
})
