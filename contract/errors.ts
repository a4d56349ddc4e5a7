/**
 * Stable codes of every error that crosses a boundary (API, CLI, window).
 * The value is the HTTP status that the API answers with; one table, so that one place maps kinds to status.
 */
export const ERROR_STATUS = {
  INVALID_ARGUMENT: 400,
  UNAUTHORIZED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  IMAGE_NOT_FOUND: 404,
  CONTAINER_NOT_FOUND: 404,
  EXEC_NOT_FOUND: 404,
  FILE_NOT_FOUND: 404,
  TEMPLATE_NOT_FOUND: 404,
  NOT_MODIFIED: 304,
  CONFLICT: 409,
  NAME_TAKEN: 409,
  NOT_RUNNING: 409,
  PORT_TAKEN: 500,
  COMMAND_NOT_FOUND: 400,
  COMMAND_NOT_EXECUTABLE: 400,
  CANCELLED: 499,
  IMAGE_INVALID: 500,
  DIGEST_MISMATCH: 500,
  REGISTRY_UNREACHABLE: 500,
  DISK_FULL: 500,
  NO_MEMORY: 500,
  ACCELERATOR_UNAVAILABLE: 500,
  LIBVIRT_UNAVAILABLE: 500,
  LIBVIRT_ERROR: 500,
  QEMU_ERROR: 500,
  GUEST_ERROR: 500,
  GUEST_TIMEOUT: 500,
  PROTOCOL_ERROR: 500,
  STREAM_UNKNOWN: 500,
  STREAM_INVALID: 500,
  TEMPLATE_INVALID: 500,
  KIT_MISSING: 500,
  TOOL_MISSING: 500,
  NOT_SUPPORTED: 501,
  INTERNAL: 500,
} as const

export type ErrorCode = keyof typeof ERROR_STATUS
/** An error for people: `message` says in one line what happened, why, and what to do. */
export class EngineError extends Error {
  readonly code: ErrorCode

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.name = 'EngineError'
    this.code = code
  }
}

/** True for the error that an aborted AbortSignal raises, in whatever way it was raised. */
export function isAbort(error: unknown): boolean {
  return (
    error instanceof Error &&
    (error.name === 'AbortError' || (error as { code?: string }).code === 'ABORT_ERR')
  )
}
