import { defineStore } from 'pinia'
import { computed } from 'vue'
import type { StartReport } from '../../../contract/ramet.ts'
import { get } from '../api/engine.ts'
import { useList } from './list.ts'

/** What the last starts came from, and where their time went; newest first. */
export const useStarts = defineStore('starts', () => {
  const list = useList<StartReport>({
    load: () => get('/ramet/v1/starts'),
    concerns: ({ Type, Action }) => Type === 'container' && Action === 'start',
  })
  return {
    ...list,
    /** How many came from where. */
    counts: computed(() => {
      const from = (origin: StartReport['from']): number =>
        list.items.value.filter((start) => start.from === origin).length
      return { standby: from('standby'), clone: from('clone'), cold: from('cold') }
    }),
  }
})
