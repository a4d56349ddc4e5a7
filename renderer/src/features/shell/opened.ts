import { ref, watch, type Ref } from 'vue'
import { useRoute, useRouter } from 'vue-router'

/** Whether a dialog is open that an address can ask for, as `?pull`; closed it leaves the address. */
export function useOpened(name: string): Ref<boolean> {
  const [route, router] = [useRoute(), useRouter()]
  const open = ref(false)
  watch(
    () => route.query[name] !== undefined,
    (asked) => {
      if (asked) open.value = true
    },
    { immediate: true },
  )
  watch(open, (now) => {
    if (!now && route.query[name] !== undefined) void router.replace(route.path)
  })
  return open
}
