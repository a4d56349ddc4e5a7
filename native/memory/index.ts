import { createRequire } from 'node:module'

/**
 * Reads the memory of another process of this user, and gives back what of its own this one does not need just now.
 * Build it with `make -C native/memory`.
 */

export interface Captured {
  /** Pages that the process alone holds. */
  pages: number
  /** Those of them that the file did not have. */
  written: number
}

const native = createRequire(import.meta.url)('./out/memory.node') as {
  capture(pid: number, address: bigint, bytes: number, fd: number): Promise<Captured>
  release(): Promise<undefined>
}

/**
 * Brings the file `fd`, of `bytes`, up to what the process `pid` has in memory at `address` on: pages of its own are
 * read, and written where the file has another content; pages that it maps from a file, or never touched, are left as
 * they are in `fd`. Rejects with an Error that has `errno`, as a number.
 */
export function capture(options: {
  pid: number
  address: bigint
  /** Of whole pages. */
  bytes: number
  fd: number
}): Promise<Captured> {
  const { pid, address, bytes, fd } = options
  return native.capture(pid, address, bytes, fd)
}

/**
 * Gives back free memory of malloc's, and unmaps the pages of programs and libraries: they stay in the page cache, and
 * those that are run again are mapped again, a few microseconds each.
 */
export function release(): Promise<undefined> {
  return native.release()
}
