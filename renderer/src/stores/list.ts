import { ref, shallowRef, type Ref, type ShallowRef } from 'vue'
import type { RametEvent } from '../../../contract/ramet.ts'
import { asError } from '../api/failure.ts'
import { useConnection } from './connection.ts'

const SOON = 150

export interface List<T> {
  items: ShallowRef<T[]>
  status: Ref<'loading' | 'ready' | 'failed'>
  error: Ref<string>
  reload(): Promise<void>
}

/** Loaded once, and again after events that concern it: several that come together cost one request. */
export function useList<T>(options: { load(): Promise<T[]>; concerns(event: RametEvent): boolean }): List<T> {
  const items = shallowRef<T[]>([])
  const status = ref<'loading' | 'ready' | 'failed'>('loading')
  const error = ref('')
  let turn = 0
  let timer: ReturnType<typeof setTimeout> | undefined

  async function reload(): Promise<void> {
    const mine = ++turn
    try {
      const found = await options.load()
      if (mine !== turn) return
      items.value = found
      status.value = 'ready'
    } catch (thrown) {
      if (mine !== turn) return
      error.value = asError(thrown).message
      if (status.value !== 'ready') status.value = 'failed'
    }
  }

  useConnection().subscribe({
    onUp: () => void reload(),
    onEvents(events) {
      if (timer !== undefined || !events.some((event) => options.concerns(event))) return
      timer = setTimeout(() => {
        timer = undefined
        void reload()
      }, SOON)
    },
  })
  return { items, status, error, reload }
}
