import type { FileHandle } from 'node:fs/promises'

export interface SplitOptions {
  /** Id of the guest RAM block, as given to `-object memory-backend-file,id=…`; the stream may say `ram` or `/objects/ram`. */
  ramBlock: string
  /** Size of that block in bytes; a stream that says otherwise is refused. */
  ramBytes: number
  /** New, empty file; becomes `ramBytes` long and sparse: only pages that are not zero are stored. */
  ramFile: FileHandle
  /** New, empty file; becomes what a clone reads after `migrate-incoming`. */
  state: FileHandle
  /** Ends the split with an AbortError; what was written so far is the caller's to remove. */
  signal?: AbortSignal
}

export interface SplitResult {
  /** Version word of the stream's header (3 since QEMU 0.13). */
  streamVersion: number
  /** Machine type as the source QEMU names it, e.g. `pc-i440fx-7.2`. */
  machine: string
  /** Pages with data that the stream held for the RAM block; a page sent twice counts twice. */
  pages: number
  /** Pages that the stream gave as zero. */
  zeroPages: number
  /** Bytes written to `ramFile`. */
  ramBytesWritten: number
  stateBytes: number
  /** Hex SHA-256 of the state. */
  stateSha256: string
}

/** A migration stream, e.g. the socket that QEMU connected to. */
export type MigrationStream = AsyncIterable<Buffer>
