import { defineStore } from 'pinia'
import { ref, watch } from 'vue'
import { remember, remembered, showTheme } from '../api/browser.ts'

export type Theme = 'system' | 'light' | 'dark'

/** How this window looks; kept where it runs. */
export const usePreferences = defineStore('preferences', () => {
  const theme = ref<Theme>(remembered<Theme>('theme') ?? 'system')
  const wrapLogs = ref(remembered<boolean>('wrapLogs') ?? true)
  watch(
    theme,
    (now) => {
      showTheme(now)
      remember('theme', now)
    },
    { immediate: true },
  )
  watch(wrapLogs, (now) => remember('wrapLogs', now))
  return { theme, wrapLogs }
})
