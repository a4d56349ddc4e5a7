import { defineStore } from 'pinia'
import type { ImageHistoryItem, ImageInspect, ImageSummary } from '../../../contract/docker-images.ts'
import { pathOf, shortId, splitReference, withTag } from '../../../contract/names.ts'
import { call, get } from '../api/engine.ts'
import { useList } from './list.ts'

export const imageName = ({ RepoTags, Id }: Pick<ImageSummary, 'RepoTags' | 'Id'>): string =>
  RepoTags[0] ?? shortId(Id)

export const useImages = defineStore('images', () => ({
  ...useList<ImageSummary>({
    load: () => get('/images/json'),
    concerns: ({ Type }) => Type === 'image',
  }),
  inspect: (name: string) => get<ImageInspect>(`/images/${pathOf(name)}/json`),
  history: (name: string) => get<ImageHistoryItem[]>(`/images/${pathOf(name)}/history`),
  remove: (name: string, force: boolean) => call('DELETE', `/images/${pathOf(name)}`, { query: { force } }),
  tag(name: string, reference: string) {
    const query = splitReference(withTag(reference))
    return call('POST', `/images/${pathOf(name)}/tag`, { query })
  },
  prune: () =>
    call<{ SpaceReclaimed: number }>('POST', '/images/prune', {
      query: { filters: '{"dangling":["false"]}' },
    }),
}))
