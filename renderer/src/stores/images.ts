import { defineStore } from 'pinia'
import type { ImageInspect, ImageSummary } from '../../../contract/docker-images.ts'
import { call, get } from '../api/engine.ts'
import { useList } from './list.ts'

export interface ImageHistoryItem {
  Id: string
  Created: number
  CreatedBy: string
  Tags: string[] | null
  Size: number
  Comment: string
}

export const imageName = ({ RepoTags, Id }: Pick<ImageSummary, 'RepoTags' | 'Id'>): string =>
  RepoTags[0] ?? Id.replace(/^sha256:/, '').slice(0, 12)

/** A name as a part of a path; slashes stay, as the API has them. */
export const pathOf = (name: string): string => name.split('/').map(encodeURIComponent).join('/')

export const useImages = defineStore('images', () => ({
  ...useList<ImageSummary>({
    load: () => get('/images/json'),
    concerns: ({ Type }) => Type === 'image',
  }),
  inspect: (name: string) => get<ImageInspect>(`/images/${pathOf(name)}/json`),
  history: (name: string) => get<ImageHistoryItem[]>(`/images/${pathOf(name)}/history`),
  remove: (name: string, force: boolean) => call('DELETE', `/images/${pathOf(name)}`, { query: { force } }),
  tag(name: string, reference: string) {
    const at = reference.lastIndexOf(':')
    const tagged = at > reference.lastIndexOf('/')
    const query = {
      repo: tagged ? reference.slice(0, at) : reference,
      tag: tagged ? reference.slice(at + 1) : 'latest',
    }
    return call('POST', `/images/${pathOf(name)}/tag`, { query })
  },
  prune: () =>
    call<{ SpaceReclaimed: number }>('POST', '/images/prune', {
      query: { filters: '{"dangling":["false"]}' },
    }),
}))
