import { EngineError } from '../../../contract/errors.ts'

const hex = (value: number) => `0x${value.toString(16).padStart(2, '0')}`

/** Something that the splitter does not know, so it must not guess at its length or meaning. */
export function unknown(what: string, kind: number | string, offset: number): EngineError {
  const shown = typeof kind === 'number' ? hex(kind) : JSON.stringify(kind)
  return new EngineError(
    'STREAM_UNKNOWN',
    `QEMU's migration stream holds an unknown ${what} ${shown} at byte ${offset}, so no template was made; ` +
      `the VM runs on; use QEMU 7.2 to 11.1 or a newer Ramet`,
  )
}

/** Something known that a stream made as the engine asks for never holds: a migration capability is on. */
export function refused(what: string, kind: number | string, offset: number): EngineError {
  const shown = typeof kind === 'number' ? ` (${hex(kind)})` : ''
  return new EngineError(
    'STREAM_UNKNOWN',
    `QEMU's migration stream holds ${what}${shown} at byte ${offset}, which templates cannot use, so none was made; ` +
      `the VM runs on; migrate with x-ignore-shared as the only capability`,
  )
}

/** A stream that breaks its own rules or the caller's expectations. */
export function invalid(reason: string, offset: number): EngineError {
  return new EngineError(
    'STREAM_INVALID',
    `QEMU's migration stream is unusable at byte ${offset}: ${reason}; no template was made and the VM runs on; try again`,
  )
}
