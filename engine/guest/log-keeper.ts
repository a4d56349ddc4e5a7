import { execFile } from 'node:child_process'
import { watch, type FSWatcher } from 'node:fs'
import { stat } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { openLog, recordAfter } from './log-file.ts'

const KIB = 1024
const MIB = 1024 * KIB
/** While a log grows it is looked at this often. */
const LOOK_EVERY_MS = 200
/** Of a slow client's output so much is kept beyond the cap. */
const MOST_HELD = 64 * MIB

interface LogKeeperOptions {
  /** Bytes of the newest output that are kept; undefined keeps all. */
  cap: number | undefined
  log(message: string): void
}

/**
 * Keeps a log that QEMU goes on appending to within bounds: what is older than the cap is cut off in whole records, by
 * a hole at the head of the file. The places of all that follows stay as they are, for QEMU and for whoever reads.
 */
export class LogKeeper {
  readonly #path: string
  readonly #options: LogKeeperOptions
  readonly #readers = new Set<() => number>()
  #watcher: FSWatcher | undefined
  /** Bytes that were cut off at the front, as far as this engine knows. */
  #cut = 0
  #looking = false
  /** Somebody had reason to look while it was looked at. */
  #again = false
  #open = false

  constructor(path: string, options: LogKeeperOptions) {
    this.#path = path
    this.#options = options
  }

  /** From now on, until `end`. Waits for the file to change: a silent container costs nothing. */
  begin(): void {
    if (this.#options.cap === undefined || this.#open) return
    this.#open = true
    void this.#look()
  }

  /** Nothing more is written. */
  end(): void {
    this.#open = false
    this.#watcher?.close()
    this.#watcher = undefined
    if (this.#options.cap !== undefined) void this.#trim()
  }

  /** What lies behind `position` is kept, within reason, for a client that is to miss nothing. */
  hold(position: () => number): () => void {
    this.#readers.add(position)
    return () => {
      this.#readers.delete(position)
      // What was kept for it alone goes, though the container may be silent by now.
      if (this.#open) void this.#look()
    }
  }

  async #look(): Promise<void> {
    this.#again = true
    if (this.#looking) return
    this.#looking = true
    this.#watcher?.close()
    let size = -1
    while (this.#open) {
      this.#again = false
      const now = await this.#trim()
      if (now === size && !this.#again) break
      size = now
      await delay(LOOK_EVERY_MS, undefined, { ref: false })
    }
    this.#looking = false
    if (this.#open) await this.#wait(size)
  }

  async #wait(size: number): Promise<void> {
    try {
      this.#watcher = watch(this.#path, { persistent: false }, () => void this.#look())
      this.#watcher.on('error', () => {})
    } catch {
      // It is gone, and the container with it.
      return
    }
    // Nobody tells of what was written just before it was watched.
    if ((await this.#size()) !== size) void this.#look()
  }

  async #size(): Promise<number> {
    const { size } = await stat(this.#path).catch(() => ({ size: 0 }))
    return size
  }

  /** Answers the size of the file. */
  async #trim(): Promise<number> {
    const cap = this.#options.cap!
    const size = await this.#size()
    // Seldom, and then a good piece: a hole costs a process.
    const slack = Math.min(Math.max(cap / 4, 256 * KIB), 8 * MIB)
    const read = Math.min(size, ...[...this.#readers].map((position) => position()))
    const held = Math.min(size - read, Math.max(MOST_HELD, cap))
    const target = size - Math.max(cap, held)
    if (target - this.#cut > slack) await this.#cutBefore(target)
    return size
  }

  async #cutBefore(target: number): Promise<void> {
    try {
      await using file = await openLog(this.#path)
      const at = file && (await recordAfter(file, target))
      if (at === undefined || at <= this.#cut) return
      await promisify(execFile)('fallocate', [
        '--punch-hole',
        '--offset',
        '0',
        '--length',
        String(at),
        this.#path,
      ])
      this.#cut = at
    } catch (error) {
      this.#options.log(
        `${this.#path} cannot be kept within bounds: ${(error as Error).message.trim()}; ` +
          'its file system must know holes (ext4, xfs, btrfs and tmpfs do)',
      )
      // To say it once is enough.
      this.#open = false
    }
  }
}
