import { defineStore } from 'pinia'
import type { Volume } from '../../../contract/docker-volumes.ts'
import { call, get } from '../api/engine.ts'
import { useList } from './list.ts'

/** With their sizes: the list of disk usage has them. */
export const useVolumes = defineStore('volumes', () => ({
  ...useList<Volume>({
    load: async () =>
      (await get<{ Volumes: Volume[] | null }>('/system/df', { type: 'volume' })).Volumes ?? [],
    concerns: ({ Type, Action }) =>
      Type === 'volume' || (Type === 'container' && ['create', 'destroy', 'die'].includes(Action)),
  }),
  create: (name: string) => call<Volume>('POST', '/volumes/create', { body: { Name: name } }),
  remove: (name: string) => call('DELETE', `/volumes/${encodeURIComponent(name)}`),
}))
