import { createHash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import { writeAll } from './sink.ts'

const BUFFER_BYTES = 256 << 10

/** Appends to the state file and hashes what it appends. */
export class StateWriter {
  /** Bytes appended so far, written or still buffered. */
  size = 0
  private readonly fd: number
  private readonly hash = createHash('sha256')
  private readonly buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES)
  private used = 0
  private written = 0

  constructor(file: FileHandle) {
    this.fd = file.fd
  }

  /** True where `size` bytes fit without a `flush`. */
  fits(size: number): boolean {
    return this.used + size <= BUFFER_BYTES
  }

  /** Copies; the caller has asked `fits`. */
  put(data: Buffer): void {
    data.copy(this.buffer, this.used)
    this.used += data.length
    this.size += data.length
  }

  /** Appends any amount. */
  async append(data: Buffer): Promise<void> {
    for (let start = 0; start < data.length; start += BUFFER_BYTES) {
      const part = data.subarray(start, start + BUFFER_BYTES)
      if (!this.fits(part.length)) await this.flush()
      this.put(part)
    }
  }

  async flush(): Promise<void> {
    const { used } = this
    this.hash.update(this.buffer.subarray(0, used))
    await new Promise<void>((resolve, reject) => {
      writeAll(this.fd, this.buffer, 0, used, this.written, (error) => (error ? reject(error) : resolve()))
    })
    this.written += used
    this.used = 0
  }

  /** Writes what is left; answers the hex SHA-256 of all that was appended. */
  async finish(): Promise<string> {
    await this.flush()
    return this.hash.digest('hex')
  }
}
