import { EngineError } from '../../contract/errors.ts'

/** Throws INVALID_ARGUMENT for what is no whole number from `least` on. */
export function whole(text: string | undefined, flag: string, least: number): number | undefined {
  if (text === undefined) return undefined
  const value = Number(text)
  if (text.trim() === '' || !Number.isInteger(value) || value < least) {
    throw invalid(`${flag} ${text}`, `write a whole number from ${least} on`)
  }
  return value
}

export function invalid(what: string, advice: string): EngineError {
  return new EngineError('INVALID_ARGUMENT', `'${what}' cannot be used: ${advice}`)
}
