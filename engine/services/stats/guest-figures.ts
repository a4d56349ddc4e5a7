import type { NetworkStats } from '../../../contract/docker-stats.ts'
import { toolOutput } from '../../guest/tool.ts'
import type { Container } from '../containers/container.ts'
import { within } from '../containers/within.ts'

/** What only the guest can count. It is believed: a guest that lies deceives nobody but who looks at it. */
export interface GuestFigures {
  pids: number
  /** By interface. */
  networks: Record<string, NetworkStats>
  /** Bytes that its kernel calls available. */
  memoryAvailable: number
}

const COUNTERS = ['rx_bytes', 'rx_packets', 'rx_errors', 'rx_dropped', 'tx_bytes', 'tx_packets', 'tx_errors', 'tx_dropped'] as const // prettier-ignore
const MOST_INTERFACES = 32
/** A guest that is slower than this is shown as it last was. */
const PATIENCE_MS = 900

/** Asks one container's guest, and remembers the last answer for when there is none: while it is paused, or too slow. */
export class GuestFiguresReader {
  readonly #container: Container
  #last: GuestFigures = { pids: 0, networks: {}, memoryAvailable: 0 }
  #run = 0
  #asking: Promise<void> | undefined

  constructor(container: Container) {
    this.#container = container
  }

  async read(): Promise<GuestFigures> {
    const { record, paused } = this.#container
    if (record.run !== this.#run) this.#last = { pids: 0, networks: {}, memoryAvailable: 0 }
    this.#run = record.run
    if (!paused) await within((this.#asking ??= this.#ask()), PATIENCE_MS)
    return this.#last
  }

  async #ask(): Promise<void> {
    const run = this.#run
    try {
      const output = await toolOutput(this.#container.agent(), ['statistics'])
      if (run === this.#run) this.#last = parseFigures(output.toString())
    } catch {
      // It ended, was paused, or broke meanwhile: the container's state tells.
    } finally {
      this.#asking = undefined
    }
  }
}

/** `name=value`, a NUL behind each. */
export function parseFigures(text: string): GuestFigures {
  const networks: Record<string, NetworkStats> = Object.create(null) as Record<string, NetworkStats>
  const single = new Map<string, number>()
  for (const entry of text.split('\0')) {
    const [, interfaceName, name = '', digits] = /^(?:([\w.@-]{1,15})\.)?(\w+)=(\d{1,19})$/.exec(entry) ?? []
    const value = Math.min(Number(digits), Number.MAX_SAFE_INTEGER)
    const counter = COUNTERS.find((each) => each === name)
    if (digits === undefined) continue
    if (interfaceName === undefined) single.set(name, value)
    else if (counter && (networks[interfaceName] || Object.keys(networks).length < MOST_INTERFACES)) {
      const counts = (networks[interfaceName] ??= zeros())
      counts[counter] = value
    }
  }
  return {
    pids: single.get('pids') ?? 0,
    networks,
    memoryAvailable: single.get('memory_available') ?? 0,
  }
}

function zeros(): NetworkStats {
  return Object.fromEntries(COUNTERS.map((name) => [name, 0])) as unknown as NetworkStats
}
