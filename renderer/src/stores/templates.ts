import { defineStore } from 'pinia'
import type { TemplateSummary } from '../../../contract/ramet.ts'
import { call, get } from '../api/engine.ts'
import { useList } from './list.ts'

export const useTemplates = defineStore('templates', () => ({
  ...useList<TemplateSummary>({
    load: () => get('/ramet/v1/templates'),
    // How many clones there are changes with every start and end.
    concerns: ({ Type, Action }) =>
      Type === 'template' ||
      (Type === 'container' && ['start', 'die'].includes(Action)) ||
      (Type === 'image' && Action === 'delete'),
  }),
  remove: (id: string, force: boolean) => call('DELETE', `/ramet/v1/templates/${id}`, { query: { force } }),
  prune: () => call<{ removed: string[]; freedBytes: number }>('POST', '/ramet/v1/templates/prune'),
}))
