import { toDisplayString } from 'vue'

/** Characters that would act instead of being read: controls, and marks that turn the direction of what follows. */
const ACTING =
  // eslint-disable-next-line no-control-regex
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g
/**
 * What a template shows of a value: Vue's text, with a sign in the place of all that would act. The build puts it into all
 * templates (`vite.config.ts`), so that no page can forget it. What people edit in a field is shown as it is.
 */
export function shownText(value: unknown): string {
  const text = toDisplayString(value)
  return text.search(ACTING) < 0 ? text : text.replace(ACTING, '�')
}
