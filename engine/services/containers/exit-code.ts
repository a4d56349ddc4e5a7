import { EngineError } from '../../../contract/errors.ts'

/** The exit code that Docker's users know for a process that could not be started. */
export function exitCodeOf(error: unknown): number {
  const code = error instanceof EngineError ? error.code : 'INTERNAL'
  if (code === 'COMMAND_NOT_FOUND') return 127
  return code === 'COMMAND_NOT_EXECUTABLE' ? 126 : 128
}
