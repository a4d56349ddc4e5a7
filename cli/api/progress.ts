import type { Writable } from 'node:stream'
import type { ProgressMessage } from '../../contract/docker.ts'
import { EngineError, ERROR_STATUS, type ErrorCode } from '../../contract/errors.ts'
import { diskSize } from '../format/bytes.ts'

const BAR = 30

/** Where progress is shown; a terminal gets bars that move, anything else a line for each change of status. */
export type ProgressTarget = Writable & { isTTY?: boolean; columns?: number }

/** The lines of a streamed answer, each parsed. */
export async function* jsonLines<T>(source: AsyncIterable<Buffer>): AsyncGenerator<T> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const part of source) {
    const lines = (rest + decoder.decode(part, { stream: true })).split('\n')
    rest = lines.pop()!
    for (const line of lines) if (line.trim()) yield JSON.parse(line) as T
  }
  if (rest.trim()) yield JSON.parse(rest) as T
}

/**
 * Shows the progress of a pull or load to its end; with `results` only what came of it, not the way there. Rejects with the
 * error that the engine sends as the last line.
 */
export async function showProgress(
  source: AsyncIterable<Buffer>,
  target?: ProgressTarget,
  { results = false }: { results?: boolean } = {},
): Promise<void> {
  const view = !target ? undefined : target.isTTY ? new TerminalView(target) : new PlainView(target)
  for await (const message of jsonLines<ProgressMessage>(source)) {
    if (message.error === undefined) {
      if (!results || message.stream) view?.show(message)
      continue
    }
    const code = message.errorDetail?.code ?? ''
    throw new EngineError(code in ERROR_STATUS ? (code as ErrorCode) : 'INTERNAL', message.error)
  }
}

interface View {
  show(message: ProgressMessage): void
}

class PlainView implements View {
  readonly #target: Writable
  readonly #last = new Map<string, string>()

  constructor(target: Writable) {
    this.#target = target
  }

  show({ id = '', status, stream }: ProgressMessage): void {
    if (stream) this.#target.write(stream)
    if (!status || (id && this.#last.get(id) === status)) return
    this.#last.set(id, status)
    this.#target.write(`${id ? `${id}: ` : ''}${status}\n`)
  }
}

/** One line for each id, written over in place. */
class TerminalView implements View {
  readonly #target: ProgressTarget
  readonly #rows = new Map<string, number>()
  #height = 0

  constructor(target: ProgressTarget) {
    this.#target = target
  }

  show(message: ProgressMessage): void {
    const { id, status = '', stream } = message
    if (stream !== undefined || !id) {
      const text = stream ?? `${status}\n`
      this.#target.write(text)
      this.#height += text.split('\n').length - 1
      return
    }
    const row = this.#rows.get(id)
    const line = `${id}: ${status}${bar(message)}`.slice(0, (this.#target.columns || 80) - 1)
    if (row === undefined) {
      this.#rows.set(id, this.#height++)
      this.#target.write(`${line}\n`)
      return
    }
    const up = this.#height - row
    this.#target.write(`\x1b[${up}A\r\x1b[2K${line}\x1b[${up}B\r`)
  }
}

function bar({ progressDetail }: ProgressMessage): string {
  const { current, total } = progressDetail ?? {}
  if (current === undefined) return ''
  if (!total) return ` ${diskSize(current)}`
  const filled = Math.min(BAR, Math.floor((current / total) * BAR))
  const drawn = `${'='.repeat(filled)}${filled < BAR ? '>' : ''}`.padEnd(BAR)
  return ` [${drawn}] ${diskSize(current)}/${diskSize(total)}`
}
