import type { Component } from 'vue'

/** Something that can be done, in menus and in the palette. */
export interface Action {
  label: string
  icon?: Component
  danger?: boolean
  disabled?: boolean
  /** A line stands before it. */
  begins?: boolean
  run(): void
}
