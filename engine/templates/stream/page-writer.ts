import type { FileHandle } from 'node:fs/promises'
import { PAGE_SIZE } from './format.ts'
import { writeAll } from './sink.ts'

const BATCH_BYTES = 2 << 20

interface Batch {
  data: Buffer
  used: number
  /** Start in `data`, offset in the file: pages side by side in the file are one run, so one write. */
  starts: number[]
  offsets: number[]
  /** File offset after the last page. */
  end: number
}

const newBatch = (): Batch => ({
  data: Buffer.allocUnsafeSlow(BATCH_BYTES),
  used: 0,
  starts: [],
  offsets: [],
  end: -1,
})

/**
 * Puts pages at their offsets in the RAM file: one batch fills while the other is written.
 * The writes of a batch run side by side, so a batch holds rising offsets only: a page sent again opens a new batch,
 * which is written after the one before it is done. The last one sent wins, as for QEMU.
 */
export class PageWriter {
  bytesWritten = 0
  private readonly fd: number
  private filling = newBatch()
  private spare = newBatch()
  private writing: Promise<void> = Promise.resolve()
  private failure: Error | undefined
  /** One bit a page: what the file holds, so that a page that has become zero is overwritten, and no other is. */
  private readonly stored: Uint8Array

  constructor(file: FileHandle, ramBytes: number) {
    this.fd = file.fd
    this.stored = new Uint8Array(Math.ceil(ramBytes / PAGE_SIZE / 8))
  }

  /** False where the page at `offset` must wait for `flush` first. */
  accepts(offset: number): boolean {
    return this.filling.used + PAGE_SIZE <= BATCH_BYTES && offset >= this.filling.end
  }

  /** Copies one page from `source[start]`. */
  put(offset: number, source: Buffer, start: number): void {
    const batch = this.filling
    source.copy(batch.data, this.reserve(batch, offset), start, start + PAGE_SIZE)
    const page = offset / PAGE_SIZE
    this.stored[page >>> 3]! |= 1 << (page & 7)
  }

  /** True where a zero page needs writing because the file holds something else. */
  isStored(offset: number): boolean {
    const page = offset / PAGE_SIZE
    return (this.stored[page >>> 3]! & (1 << (page & 7))) !== 0
  }

  putZero(offset: number): void {
    const start = this.reserve(this.filling, offset)
    this.filling.data.fill(0, start, start + PAGE_SIZE)
  }

  /** Hands the filled batch to the disk and waits only for the one before it. */
  async flush(): Promise<void> {
    await this.writing
    if (this.failure) throw this.failure
    const batch = this.filling
    this.filling = this.spare
    this.filling.used = 0
    this.filling.starts.length = 0
    this.filling.offsets.length = 0
    this.filling.end = -1
    this.spare = batch
    this.writing = this.write(batch)
  }

  /** Waits for all writes; the buffers and the file are no longer in use then, even after a failure. */
  async idle(): Promise<void> {
    await this.writing
  }

  async finish(): Promise<void> {
    await this.flush()
    await this.writing
    if (this.failure) throw this.failure
  }

  private reserve(batch: Batch, offset: number): number {
    const start = batch.used
    if (offset !== batch.end || start === 0) {
      batch.starts.push(start)
      batch.offsets.push(offset)
    }
    batch.used = start + PAGE_SIZE
    batch.end = offset + PAGE_SIZE
    return start
  }

  /** Never rejects: a failure is kept for the next `flush`. */
  private write(batch: Batch): Promise<void> {
    const runs = batch.starts.length
    if (runs === 0) return Promise.resolve()
    this.bytesWritten += batch.used
    return new Promise((resolve) => {
      let left = runs
      const done = (error?: Error) => {
        this.failure ??= error
        if (--left === 0) resolve()
      }
      for (let run = 0; run < runs; run++) {
        const end = batch.starts[run + 1] ?? batch.used
        writeAll(this.fd, batch.data, batch.starts[run]!, end, batch.offsets[run]!, done)
      }
    })
  }
}
