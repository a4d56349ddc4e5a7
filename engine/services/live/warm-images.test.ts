import { expect, test } from 'vitest'
import { WarmImageService } from './warm-images.ts'

/** Freezing as far as it is needed; what was frozen, and what became of it, is noted. */
function freezing(whileFrozen: () => void = () => {}) {
  const did: string[] = []
  const service = new WarmImageService({
    containers: { find: () => ({ record: { name: 'web', image: { id: 'image' }, config: {} } }) },
    freezer: {
      freeze: async () => {
        whileFrozen()
        return { template: { id: 'frozen' }, frozen: { heldMs: 2, stoppedMs: 1 } }
      },
    },
    images: {
      get: async () => ({ id: 'image', config: {} }),
      relabel: async (_id: string, { reference }: { reference: string }) => {
        did.push(`made ${reference}`)
        return { id: 'warm' }
      },
    },
    templates: { discard: async (id: string) => void did.push(`discarded ${id}`) },
    events: { emit: () => {} },
  } as unknown as ConstructorParameters<typeof WarmImageService>[0])
  return { did, service }
}

test('what was frozen becomes an image', async () => {
  const { did, service } = freezing()
  const { signal } = new AbortController()
  const expected = { image: 'warm', template: 'frozen', heldMs: 2, stoppedMs: 1 }
  expect(await service.freeze('web', 'warm:1', { signal })).toEqual(expected)
  expect(did).toEqual(['made warm:1'])
})

test('where nobody waits for it any more it goes, and no image is made', async () => {
  const gone = new AbortController()
  const { did, service } = freezing(() => gone.abort())
  await expect(service.freeze('web', 'warm:1', { signal: gone.signal })).rejects.toThrow('aborted')
  expect(did).toEqual(['discarded frozen'])
})
