import { hasColours, plain } from './ansi.ts'

export type Level = 'error' | 'warn' | ''

export interface LogLine {
  /** As it was printed, without its end; empty where it has no colours. */
  raw: string
  plain: string
  /** RFC 3339, as the engine sent it. */
  time: string
  level: Level
  stderr: boolean
}

export const MOST_LINES = 100_000
/** A line longer than this is cut: nobody reads it, and everything would stand still for it. */
const LONGEST = 20_000

const ERROR = /\b(error|err|fatal|panic|critical|crit|emerg|severe)\b/i
const WARN = /\b(warn|warning)\b/i
/** Levels stand at the front of a line. */
const FRONT = 160

/** Lines of the output, oldest first; the oldest go when there are too many. */
export class LogBuffer {
  lines: LogLine[] = []
  dropped = 0
  #rest = { out: '', err: '' }
  readonly #decoders = { out: new TextDecoder(), err: new TextDecoder() }

  /** Takes output as it came; answers whether lines became complete. */
  push(data: Uint8Array, stderr: boolean): boolean {
    const key = stderr ? 'err' : 'out'
    const pieces = (this.#rest[key] + this.#decoders[key].decode(data, { stream: true })).split('\n')
    this.#rest[key] = pieces.pop()!
    if (this.#rest[key].length > LONGEST * 2) {
      pieces.push(this.#rest[key])
      this.#rest[key] = ''
    }
    for (const piece of pieces) this.lines.push(lineOf(piece, stderr))
    if (this.lines.length > MOST_LINES + 2000) {
      const over = this.lines.length - MOST_LINES
      this.lines = this.lines.slice(over)
      this.dropped += over
    }
    return pieces.length > 0
  }

  /** What was not ended by a line feed, at the end of the output. */
  flush(): boolean {
    let any = false
    for (const key of ['out', 'err'] as const) {
      if (this.#rest[key] === '') continue
      this.lines.push(lineOf(this.#rest[key], key === 'err'))
      this.#rest[key] = ''
      any = true
    }
    return any
  }
}

function lineOf(text: string, stderr: boolean): LogLine {
  const blank = text.indexOf(' ')
  const time = blank > 0 ? text.slice(0, blank) : text
  let raw = blank > 0 ? text.slice(blank + 1) : ''
  if (raw.endsWith('\r')) raw = raw.slice(0, -1)
  // A line that was written over and over shows what it said last.
  raw = raw.slice(raw.lastIndexOf('\r') + 1, raw.lastIndexOf('\r') + 1 + LONGEST)
  const read = plain(raw)
  const front = read.slice(0, FRONT)
  const level = ERROR.test(front) ? 'error' : WARN.test(front) ? 'warn' : ''
  return { raw: hasColours(raw) ? raw : '', plain: read, time, level, stderr }
}
