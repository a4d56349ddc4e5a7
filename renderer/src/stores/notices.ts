import { defineStore } from 'pinia'
import { shallowRef } from 'vue'
import { asError } from '../api/failure.ts'

export interface Notice {
  id: number
  level: 'info' | 'error'
  message: string
  /** A way on from here. */
  action?: { label: string; run(): void }
}

/** What is shown for a while. */
export const useNotices = defineStore('notices', () => {
  const items = shallowRef<Notice[]>([])
  let last = 0

  function say(message: string, action?: Notice['action']): void {
    items.value = [...items.value, { id: ++last, level: 'info', message, action }]
  }

  function fail(thrown: unknown): void {
    items.value = [...items.value, { id: ++last, level: 'error', message: asError(thrown).message }]
  }

  /** Does it, and shows why it could not be done. Answers whether it was. */
  async function attempt(work: () => Promise<unknown>): Promise<boolean> {
    try {
      await work()
      return true
    } catch (thrown) {
      fail(thrown)
      return false
    }
  }

  return {
    items,
    say,
    fail,
    attempt,
    close: (id: number) => (items.value = items.value.filter((each) => each.id !== id)),
  }
})
