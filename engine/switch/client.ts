import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { EngineError } from '../../contract/errors.ts'

/** A container in a network, as its switch is to know it. */
export interface SwitchMember {
  /** 64 hex digits; the first 12 name its sockets. */
  id: string
  mac: string
  ip4?: string
  ip6?: string
  /** In each direction; 0: no bound. */
  bitsPerSecond: number
  names: string[]
  /** What this member alone calls others. */
  links?: { alias: string; name: string }[]
}

/** What went through a member's port since it was made. */
export interface Counters {
  sentBytes: number
  receivedBytes: number
  /** Frames that were forged, malformed, or for nobody. */
  refused: number
  /** Frames that the member was too slow for. */
  dropped: number
}

interface Pending {
  lines: string[]
  resolve(lines: string[]): void
  reject(error: Error): void
}

/** What a name may be made of so that it fits a line; others are not told. */
const NAME = /^[\w.-]{1,253}$/

/** As many words between commas as the switch keeps, and a line has room for beside others like them. */
function list(words: string[]): string {
  let length = 0
  return words
    .slice(0, 32)
    .filter((word) => (length += word.length + 1) < 7500)
    .join(',')
}

/** Talks to one switch: a line asks, and is answered before the next (docs/architecture.md). */
export class SwitchClient {
  readonly #socket: Socket
  readonly #pending: Pending[] = []
  /** Resolves when the switch has gone, or this end was closed. */
  readonly closed: Promise<void>

  /** Rejects where no switch listens there. */
  static async connect(path: string): Promise<SwitchClient> {
    const socket = connect(path)
    await once(socket, 'connect')
    return new SwitchClient(socket)
  }

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('error', () => {})
    // Reading ahead is what keeps a process awake: an engine that stops need not wait for its switches.
    socket.unref()
    // It tells of the socket's errors once more: what they mean is told by its close.
    const lines = createInterface({ input: socket }).on('error', () => {})
    lines.on('line', (line) => this.#take(line))
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        const gone = new EngineError('INTERNAL', 'the switch of the network has gone; it is started again')
        for (const { reject } of this.#pending.splice(0)) reject(gone)
        resolve()
      })
    })
  }

  async version(): Promise<string> {
    const [answer = ''] = await this.#ask('hello')
    return answer.slice('ok '.length)
  }

  /** Adds a member, or changes what is known of it. */
  async put({ id, mac, ip4, ip6, bitsPerSecond, names, links = [] }: SwitchMember): Promise<void> {
    const told = list(names.filter((name) => NAME.test(name)))
    const linked = list(links.map(({ alias, name }) => `${alias}=${name}`))
    const line = `member ${id} ${mac} ${ip4 ?? '-'} ${ip6 ?? '-'} ${bitsPerSecond} ${told} ${linked}`
    await this.#ask(line.trimEnd())
  }

  async forget(id: string): Promise<void> {
    await this.#ask(`forget ${id}`)
  }

  /** By id of the member. */
  async members(): Promise<Map<string, Counters>> {
    const lines = await this.#ask('members')
    return new Map(
      lines.slice(0, -1).map((line) => {
        const [id = '', sentBytes, receivedBytes, refused, dropped] = line.split(' ')
        return [
          id,
          {
            sentBytes: Number(sentBytes),
            receivedBytes: Number(receivedBytes),
            refused: Number(refused),
            dropped: Number(dropped),
          },
        ]
      }),
    )
  }

  /** The switch goes, and its sockets with it. */
  async end(): Promise<void> {
    await this.#ask('end').catch(() => {})
    await this.closed
  }

  close(): void {
    this.#socket.destroy()
  }

  #ask(line: string): Promise<string[]> {
    if (this.#socket.destroyed) return Promise.reject(new EngineError('INTERNAL', 'the switch has gone'))
    return new Promise((resolve, reject) => {
      this.#pending.push({ lines: [], resolve, reject })
      this.#socket.write(`${line}\n`)
    })
  }

  #take(line: string): void {
    const [pending] = this.#pending
    if (!pending) return this.close()
    pending.lines.push(line)
    if (!/^(ok|error)\b/.test(line)) return
    this.#pending.shift()
    if (line.startsWith('ok')) return pending.resolve(pending.lines)
    pending.reject(
      new EngineError('CONFLICT', `the network's switch refuses: ${line.slice('error '.length)}`),
    )
  }
}
