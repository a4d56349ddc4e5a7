import { EngineError, ERROR_STATUS, type ErrorCode } from '../../../contract/errors.ts'

/** The error that an answer of 400 and above stands for. */
export function refusal(status: number, told: { message?: unknown; code?: unknown }): EngineError {
  const code =
    typeof told.code === 'string' && Object.hasOwn(ERROR_STATUS, told.code) ? told.code : 'INTERNAL'
  const message = typeof told.message === 'string' ? told.message : `the engine answered ${status}`
  return new EngineError(code as ErrorCode, message)
}

/** Anything that was thrown, as an error for people. */
export function asError(thrown: unknown): EngineError {
  if (thrown instanceof EngineError) return thrown
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  return new EngineError('INTERNAL', message, { cause: thrown })
}
