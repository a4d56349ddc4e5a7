import { expect, test } from 'vitest'
import { imageFilter } from './image-filter.ts'

const IMAGES = {
  old: { repoTags: ['busybox:1'], created: '2024-01-01T00:00:00Z', config: { Labels: { a: 'b' } } },
  middle: { repoTags: ['reg:5000/team/app:2'], created: '2024-06-01T00:00:00Z', config: {} },
  young: { repoTags: [], created: '2025-01-01T00:00:00Z', config: {} },
}
const createdOf = async (name: string): Promise<string> => IMAGES[name as keyof typeof IMAGES].created

async function shown(filters: Record<string, string[]>, until?: number): Promise<string[]> {
  const passes = await imageFilter({ filters, until }, createdOf)
  return Object.entries(IMAGES).filter(([, image]) => passes(image)).map(([name]) => name) // prettier-ignore
}

test.each([
  [{}, ['old', 'middle', 'young']],
  [{ label: ['a=b'] }, ['old']],
  [{ reference: ['busybox'] }, ['old']],
  [{ reference: ['reg:5000/*/app', 'busybox:2'] }, ['middle']],
  [{ dangling: ['true'] }, ['young']],
  [{ dangling: ['0'] }, ['old', 'middle']],
  [{ before: ['middle'] }, ['old']],
  [{ since: ['old'], before: ['young'] }, ['middle']],
])('%j', async (filters, names) => {
  expect(await shown(filters)).toEqual(names)
})

test('until is a time', async () => {
  expect(await shown({}, Date.parse('2024-03-01'))).toEqual(['old'])
})

test('what is not known is refused', async () => {
  await expect(shown({ colour: ['red'] })).rejects.toThrow("invalid filter 'colour'")
  await expect(shown({ dangling: ['maybe'] })).rejects.toThrow("invalid filter 'dangling=maybe'")
})
