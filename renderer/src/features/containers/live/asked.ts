import { shallowRef } from 'vue'
import type { ContainerSummary } from '../../../../../contract/docker.ts'

/** The dialog that is open, wherever it was asked for: in a list, on a page, in the palette. */
export const asked = shallowRef<{ what: 'fork' | 'freeze'; container: ContainerSummary }>()

export const close = (): void => void (asked.value = undefined)
