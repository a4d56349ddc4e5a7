import { watch } from 'node:fs'
import { EngineError } from '../../contract/errors.ts'
import { LogType, type LogRecord } from '../../contract/guest-protocol/log-record.ts'
import { openLog, RecordReader } from './log-file.ts'
import { logStart } from './log-start.ts'

export { lastExit, outputBefore, repairLog, type RunExit } from './log-file.ts'

/** Looks again at the latest after this, should a notice of the file's change be lost. */
const LOOK_AGAIN_MS = 1000

export interface LogChunk {
  stream: 'stdout' | 'stderr'
  /** Unix nanoseconds, taken in the guest. */
  timeNs: bigint
  data: Buffer
}

export interface ReadLogOptions {
  /** Go on with what comes, until the run's exit record, or until `ended` once all was read. */
  follow: boolean
  /** Resolves when nothing more will be written although no exit record says so. */
  ended?: Promise<unknown>
  stdout: boolean
  stderr: boolean
  /** Unix nanoseconds. */
  since?: bigint
  until?: bigint
  /** Number of last lines; all when absent. */
  tail?: number
  /** Only runs of this number and later. */
  fromRun?: number
  /**
   * Told where reading stands, for it to be kept until it was read; answers how to be told no longer. Where the log was
   * cut all the same, reading fails: without `hold` what is gone is passed over.
   */
  hold?(position: () => number): () => void
  signal: AbortSignal
}

/** What a container printed, in order. Ends, without an error, when the signal is aborted. */
export async function* readLog(path: string, options: ReadLogOptions): AsyncGenerator<LogChunk> {
  const { follow, signal, tail } = options
  await using file = await openLog(path)
  if (!file) return
  const start = tail === 0 ? (await file.stat()).size : await logStart(file)
  const reader = new RecordReader(file, start)
  const filter = new Filter(options, tail === 0 ? (options.fromRun ?? 0) : 0)
  using changes = follow ? new Changes(path, options) : undefined
  using held = new DisposableStack()
  if (options.hold) held.defer(options.hold(() => reader.position))

  const history = tail === undefined ? undefined : new Tail(tail)
  for await (const record of reader.available()) {
    if (signal.aborted) return
    const chunk = filter.take(record)
    if (!chunk) continue
    refuseOvertaken(reader, options)
    if (history) history.push(chunk)
    else yield chunk
  }
  if (history) yield* history.chunks()

  while (changes && !filter.exited && !signal.aborted) {
    const last = changes.over
    for await (const record of reader.available()) {
      const chunk = filter.take(record)
      refuseOvertaken(reader, options)
      if (chunk) yield chunk
      if (signal.aborted || filter.exited) return
    }
    if (last) return
    await changes.next()
  }
}

/** What was printed before this client came is not its due. */
function refuseOvertaken(reader: RecordReader, { hold }: ReadLogOptions): void {
  if (!reader.overtaken || !hold) return
  throw new EngineError('GUEST_ERROR', 'output was lost: it came much faster than it was read')
}

/** Chooses records, and keeps in mind whether the run has ended. */
class Filter {
  readonly #options: ReadLogOptions
  #run: number
  exited = false

  /** `run` is the one that is under way where reading begins. */
  constructor(options: ReadLogOptions, run: number) {
    this.#options = options
    this.#run = run
  }

  take({ type, timeNs, payload }: LogRecord): LogChunk | undefined {
    const { fromRun = 0, since = 0n, until, stdout, stderr } = this.#options
    if (type === LogType.start || type === LogType.exit) {
      this.#run = payload.length >= 4 ? payload.readUInt32LE(0) : 0
      this.exited = type === LogType.exit && this.#run >= fromRun
      return undefined
    }
    const stream = type === LogType.stdout ? 'stdout' : type === LogType.stderr ? 'stderr' : undefined
    if (!stream || (stream === 'stdout' ? !stdout : !stderr)) return undefined
    if (this.#run < fromRun || timeNs < since || (until !== undefined && timeNs > until)) return undefined
    return { stream, timeNs, data: payload }
  }
}

const NEWLINE = 0x0a

/** Holds the last lines. */
class Tail {
  readonly #lines: number
  #chunks: { chunk: LogChunk; newlines: number }[] = []
  #newlines = 0

  constructor(lines: number) {
    this.#lines = lines
  }

  push(chunk: LogChunk): void {
    const newlines = count(chunk.data)
    this.#chunks.push({ chunk, newlines })
    this.#newlines += newlines
    // The last line may lack its newline: one more is kept than asked for.
    while (this.#newlines - this.#chunks[0]!.newlines > this.#lines) {
      this.#newlines -= this.#chunks.shift()!.newlines
    }
  }

  *chunks(): Generator<LogChunk> {
    const complete = this.#chunks.at(-1)?.chunk.data.at(-1) === NEWLINE
    let surplus = this.#newlines + (complete ? 0 : 1) - this.#lines
    for (const { chunk } of this.#chunks) {
      let from = 0
      while (surplus > 0 && from < chunk.data.length) {
        const end = chunk.data.indexOf(NEWLINE, from)
        from = end < 0 ? chunk.data.length : end + 1
        if (end >= 0) surplus--
      }
      if (from < chunk.data.length) yield { ...chunk, data: chunk.data.subarray(from) }
    }
  }
}

function count(data: Buffer): number {
  let newlines = 0
  for (let at = data.indexOf(NEWLINE); at >= 0; at = data.indexOf(NEWLINE, at + 1)) newlines++
  return newlines
}

/** Waits for a file to grow. */
class Changes implements Disposable {
  readonly #watcher
  readonly #unlisten: () => void
  #changed = false
  #wake: (() => void) | undefined
  /** Nothing more will come. */
  over = false

  constructor(path: string, { signal, ended }: ReadLogOptions) {
    const notice = (): void => {
      this.#changed = true
      this.#wake?.()
    }
    this.#watcher = watch(path, notice)
    this.#watcher.on('error', notice)
    signal.addEventListener('abort', notice, { once: true })
    this.#unlisten = () => signal.removeEventListener('abort', notice)
    void ended?.then(() => {
      this.over = true
      notice()
    })
  }

  async next(): Promise<void> {
    if (!this.#changed) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, LOOK_AGAIN_MS)
        this.#wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
    this.#changed = false
  }

  [Symbol.dispose](): void {
    this.#watcher.close()
    this.#unlisten()
  }
}
