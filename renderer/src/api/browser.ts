import { onScopeDispose, ref, type Ref } from 'vue'
import { saveBlob } from './console-transport.ts'
import { value } from './bridge-transport.ts'

/** What the window itself gives, beside the engine. Nothing else in the renderer touches it. */

const hidden = ref(document.hidden)
document.addEventListener('visibilitychange', () => (hidden.value = document.hidden))

/** Whether nobody can see the window: nothing works then. */
export const isHidden: Readonly<Ref<boolean>> = hidden

export const saveText = (text: string, name: string): void =>
  saveBlob(new Blob([text], { type: 'text/plain' }), name)

export const saveFile = saveBlob

/** In Electron the page has no permission for anything, this included. */
export const copyText = (text: string): Promise<void> =>
  window.ramet ? value(window.ramet.copyText(text)) : navigator.clipboard.writeText(text)

/** Opens an address in the user's browser; anything but http and https is left alone. */
export function openAddress(address: string): void {
  if (!/^https?:\/\//.test(address)) return
  if (window.ramet) value(window.ramet.openExternal(address)).catch(() => {})
  else window.open(address, '_blank', 'noopener,noreferrer')
}

export function remember(key: string, what: unknown): void {
  localStorage.setItem(`ramet.${key}`, JSON.stringify(what))
}

export function remembered<T>(key: string): T | undefined {
  try {
    return (JSON.parse(localStorage.getItem(`ramet.${key}`) ?? 'null') as T | null) ?? undefined
  } catch {
    return undefined
  }
}

/** Puts the theme on the page. */
export function showTheme(theme: 'system' | 'light' | 'dark'): void {
  if (theme === 'system') delete document.documentElement.dataset['theme']
  else document.documentElement.dataset['theme'] = theme
}

/** Keys pressed anywhere, while the caller lives. */
export function onKey(listener: (event: KeyboardEvent) => void): void {
  window.addEventListener('keydown', listener)
  onScopeDispose(() => window.removeEventListener('keydown', listener))
}

/** Has people asked before the window is closed or loaded again with something unsaved, while the caller lives. */
export function onUnload(unsaved: () => boolean): void {
  const listener = (event: BeforeUnloadEvent): void => {
    if (unsaved()) event.preventDefault()
  }
  window.addEventListener('beforeunload', listener)
  onScopeDispose(() => window.removeEventListener('beforeunload', listener))
}

/** Once, when there is nothing else to do. */
export const whenIdle = (work: () => void): void => void requestIdleCallback(work, { timeout: 5000 })

/** The time, in milliseconds, of every half minute that the window is seen. */
export const now: Readonly<Ref<number>> = ticking()

function ticking(): Ref<number> {
  const time = ref(Date.now())
  setInterval(() => {
    if (!document.hidden) time.value = Date.now()
  }, 30_000)
  document.addEventListener('visibilitychange', () => (time.value = Date.now()))
  return time
}

/** The size of an element, while the caller lives. */
export function onResize(element: Element, listener: (width: number, height: number) => void): void {
  const observer = new ResizeObserver(([entry]) => {
    if (entry) listener(entry.contentRect.width, entry.contentRect.height)
  })
  observer.observe(element)
  onScopeDispose(() => observer.disconnect())
}
