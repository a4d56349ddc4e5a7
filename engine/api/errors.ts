import { EngineError, ERROR_STATUS, isAbort, type ErrorCode } from '../../contract/errors.ts'

/** What a client gets for an error. `body` is absent for 304, which has none. */
export interface ErrorAnswer {
  status: number
  body?: { message: string; code: ErrorCode }
}

/** The one place that maps errors to HTTP. Errors of fastify itself (no JSON, too large) carry a status of their own. */
export function errorAnswer(error: unknown): ErrorAnswer {
  const { code, message } = describe(error)
  const own = (error as { statusCode?: number } | null)?.statusCode
  const status = code === 'INVALID_ARGUMENT' && own ? own : ERROR_STATUS[code]
  return status === 304 ? { status } : { status, body: { message, code } }
}

/** Code and message for people; an error that nobody foresaw is INTERNAL. */
export function describe(error: unknown): { code: ErrorCode; message: string } {
  if (error instanceof EngineError) return { code: error.code, message: error.message }
  if (isAbort(error)) return { code: 'CANCELLED', message: 'cancelled, because the client went away' }
  const { message = String(error), statusCode = 500 } = (error ?? {}) as Error & { statusCode?: number }
  return { code: statusCode < 500 ? 'INVALID_ARGUMENT' : 'INTERNAL', message }
}

/** True where the log should have it: the client cannot have caused it. */
export function isOurs(error: unknown): boolean {
  const { code } = describe(error)
  return ERROR_STATUS[code] === 500
}

/** Where an error came from matters only when nobody foresaw it. */
export function logText(error: unknown): string {
  return error instanceof EngineError ? error.message : ((error as Error).stack ?? String(error))
}
