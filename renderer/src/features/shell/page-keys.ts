import type { Router } from 'vue-router'

const PAGES: Record<string, string> = {
  m: '/memory',
  c: '/containers',
  i: '/images',
  t: '/templates',
  v: '/volumes',
  n: '/networks',
  a: '/activity',
  s: '/settings',
  h: '/doctor',
}
/** The second key comes within this time. */
const PATIENCE = 1500

/** `G` and a letter goes to a page, `/` to its search. Answers whether the key was one of them. */
export function pageKeys(router: Router): (event: KeyboardEvent) => boolean {
  let asked = 0
  return (event) => {
    const target = event.target as HTMLElement
    const types = target.closest(
      'input, textarea, select, [contenteditable], .xterm, .cm-editor, [role=dialog], [role=menu]',
    )
    if (types || event.ctrlKey || event.altKey || event.metaKey) return false
    const key = event.key.toLowerCase()
    if (Date.now() - asked < PATIENCE && PAGES[key]) {
      asked = 0
      void router.push(PAGES[key])
      return true
    }
    asked = key === 'g' ? Date.now() : 0
    const search = key === '/' ? document.querySelector<HTMLInputElement>('main [data-search]') : null
    search?.focus()
    return search !== null
  }
}
