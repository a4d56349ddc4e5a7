import { shallowRef } from 'vue'

export interface Question {
  title: string
  /** What becomes of it, and whether it can be undone. */
  detail: string
  /** What goes, by name. */
  items?: string[]
  action: string
}

export const question = shallowRef<Question>()
let decide: (sure: boolean) => void = () => {}

/** Asks before something is destroyed; one question at a time. */
export function confirm(wanted: Question): Promise<boolean> {
  decide(false)
  question.value = wanted
  return new Promise((resolve) => (decide = resolve))
}

export function answer(sure: boolean): void {
  question.value = undefined
  decide(sure)
}
