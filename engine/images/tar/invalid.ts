import { EngineError } from '../../../contract/errors.ts'

/** The name as people may see it: control characters and what is no ASCII are escaped. */
export function printable(name: string): string {
  const text = name.length > 200 ? `${name.slice(0, 200)}…` : name
  return JSON.stringify(text).replace(/[\u007f-\u00ff]/g, (c) => `\\x${c.charCodeAt(0).toString(16)}`)
}

/** Throws IMAGE_INVALID for a layer that is not a well-formed tar archive. */
export function invalidTar(why: string): never {
  throw new EngineError('IMAGE_INVALID', `the image is invalid: ${why}`)
}
