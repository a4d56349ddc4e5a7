import { defineStore } from 'pinia'
import { computed } from 'vue'
import type { Lineage } from '../../../contract/ramet.ts'
import { get } from '../api/engine.ts'
import { useList } from './list.ts'

const EMPTY: Lineage = { templates: [], containers: [] }

/** Who was forked from what, and the checkpoints of each. */
export const useLineage = defineStore('lineage', () => {
  const list = useList<Lineage>({
    load: async () => [await get<Lineage>('/ramet/v1/lineage')],
    concerns: ({ Type, Action }) =>
      Type === 'template' ||
      (Type === 'container' && ['create', 'start', 'die', 'rename', 'destroy', 'rewind'].includes(Action)),
  })
  return { ...list, lineage: computed(() => list.items.value[0] ?? EMPTY) }
})
