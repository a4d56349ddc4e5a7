import * as en from './en/index.ts'

/** All that the window says, in one place: another language is another folder of the same shape. */
export const text: typeof en = en
