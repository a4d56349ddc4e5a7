import { closeSync, fsyncSync, ftruncateSync, openSync, writeSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { BLOCK_SIZE } from './format.ts'

const BUFFER = 1024 * 1024
const PIECE = 64 * 1024
const ZEROS = Buffer.alloc(BUFFER)
/** Smaller ranges are cheaper to overwrite than to punch out. */
const PUNCH_BYTES = 1024 * 1024

/** A fresh file, written mostly in order through one buffer. Zeros are left out: they read back as zeros anyhow. */
export class Output {
  readonly #path: string
  readonly #fd: number
  readonly #buffer = Buffer.allocUnsafe(BUFFER)
  /** Where the buffer begins in the file; a multiple of the block size keeps writes aligned. */
  #start = 0
  #filled = 0

  constructor(path: string) {
    this.#path = path
    this.#fd = openSync(path, 'wx', 0o600)
  }

  write(position: number, data: Buffer): void {
    if (position < this.#start + this.#filled || position >= this.#start + BUFFER) {
      this.flush()
      this.#start = position
    } else {
      // The gap up to the next file begins, or a hole, reads as zeros.
      this.#buffer.fill(0, this.#filled, position - this.#start)
      this.#filled = position - this.#start
    }
    for (let at = 0; at < data.length;) {
      const take = Math.min(BUFFER - this.#filled, data.length - at)
      data.copy(this.#buffer, this.#filled, at, at + take)
      this.#filled += take
      at += take
      if (this.#filled === BUFFER) this.flush()
    }
  }

  flush(): void {
    for (let at = 0; at < this.#filled; at += PIECE) {
      const piece = this.#buffer.subarray(at, Math.min(at + PIECE, this.#filled))
      if (!piece.equals(ZEROS.subarray(0, piece.length))) this.#writeAll(piece, this.#start + at)
    }
    this.#start += this.#filled
    this.#filled = 0
  }

  /** Makes blocks read as zeros again, and gives their room back where the file system can. */
  clear(ranges: { block: number; blocks: number }[]): void {
    this.flush()
    for (const { block, blocks } of merged(ranges)) {
      const from = block * BLOCK_SIZE
      const bytes = blocks * BLOCK_SIZE
      if (bytes >= PUNCH_BYTES && this.#punch(from, bytes)) continue
      for (let at = 0; at < bytes; at += BUFFER) {
        this.#writeAll(ZEROS.subarray(0, Math.min(BUFFER, bytes - at)), from + at)
      }
    }
  }

  /** Sets the length, and returns when everything is on disk. */
  finish(bytes: number): void {
    this.flush()
    ftruncateSync(this.#fd, bytes)
    fsyncSync(this.#fd)
    closeSync(this.#fd)
  }

  /** Node has no call for it; util-linux, which every Debian has, brings the command. */
  #punch(offset: number, length: number): boolean {
    const range = ['--offset', String(offset), '--length', String(length)]
    return spawnSync('fallocate', ['--punch-hole', ...range, this.#path]).status === 0
  }

  #writeAll(data: Buffer, position: number): void {
    for (let at = 0; at < data.length;) at += writeSync(this.#fd, data, at, data.length - at, position + at)
  }
}

function merged(ranges: { block: number; blocks: number }[]): { block: number; blocks: number }[] {
  const result: { block: number; blocks: number }[] = []
  for (const range of ranges.toSorted((a, b) => a.block - b.block)) {
    const last = result.at(-1)
    if (last && last.block + last.blocks === range.block) last.blocks += range.blocks
    else result.push({ ...range })
  }
  return result
}
