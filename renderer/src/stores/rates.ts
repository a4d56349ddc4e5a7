import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'
import type { NetworkRate } from '../../../contract/ramet-networks.ts'
import { get } from '../api/engine.ts'
import { useConnection } from './connection.ts'
import { isLive, useContainers } from './containers.ts'

/** What each container sends and gets in each network that a user made, live. */
export const useRates = defineStore('rates', () => {
  const containers = useContainers()
  const all = shallowRef<NetworkRate[]>([])

  useConnection().subscribe({
    onUp: () =>
      void get<NetworkRate[]>('/ramet/v1/networks/rates').then(
        (found) => (all.value = found),
        () => {
          // The next event has them.
        },
      ),
    onEvents(events) {
      for (const event of events) if (event.Type === 'rates') all.value = event.rates
    },
  })

  return {
    /** Of those that run: once nothing runs nothing is told any more. */
    items: computed(() =>
      all.value.filter(({ container }) => {
        const found = containers.byId.get(container)
        return found !== undefined && isLive(found)
      }),
    ),
  }
})
