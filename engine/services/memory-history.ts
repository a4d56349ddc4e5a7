import type { MemoryHistory, MemoryReport, MemorySample } from '../../contract/ramet.ts'
import { readCpuTime } from '../hypervisor/process-cpu.ts'
import type { EventBus } from './events.ts'

const INTERVAL = 5_000
const KEPT = 60 * 60_000
/** After a start or an end the picture is out of date at once. */
const SOON = 500

interface HistoryDependencies {
  memory: { report(): Promise<MemoryReport> }
  events: Pick<EventBus, 'tell' | 'subscribe'>
  running(): { id: string; vm?: { pid(): Promise<number> } }[]
  log(message: string): void
}

/** The memory report over the last hour. While nothing runs nothing is measured, but for the end of what ran. */
export class MemoryHistoryService {
  readonly #the: HistoryDependencies
  readonly #samples: MemorySample[] = []
  #cpuSeconds = new Map<string, { seconds: number; at: number }>()
  #timer: NodeJS.Timeout | undefined
  #unsubscribe = (): void => {}
  #busy = false

  constructor(dependencies: HistoryDependencies) {
    this.#the = dependencies
  }

  start(): void {
    this.#unsubscribe = this.#the.events.subscribe(({ Type, Action }) => {
      if (Type === 'container' && ['start', 'die'].includes(Action)) this.#next(SOON)
    })
    this.#next(0)
  }

  close(): void {
    this.#unsubscribe()
    clearTimeout(this.#timer)
  }

  history(): MemoryHistory {
    return { intervalMs: INTERVAL, samples: [...this.#samples] }
  }

  #next(milliseconds: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.#tick(), milliseconds).unref()
  }

  async #tick(): Promise<void> {
    const idle = this.#the.running().length === 0
    if (this.#busy || (idle && (this.#samples.at(-1)?.containers ?? 0) === 0)) return
    this.#busy = true
    try {
      await this.#measure()
    } catch (error) {
      this.#the.log(`the memory was not measured: ${(error as Error).message}`)
    } finally {
      this.#busy = false
      this.#next(INTERVAL)
    }
  }

  async #measure(): Promise<void> {
    const [report, cpu] = await Promise.all([this.#the.memory.report(), this.#cpu()])
    const at = Date.now()
    const { actualBytes, withoutSharingBytes } = report.totals
    const sample = { at, actualBytes, withoutSharingBytes, containers: report.containers.length }
    this.#samples.push(sample)
    const old = this.#samples.findIndex((each) => each.at >= at - KEPT)
    this.#samples.splice(0, old)
    this.#the.events.tell({ Type: 'memory', Action: 'sample', sample, report, cpu })
  }

  async #cpu(): Promise<Record<string, number>> {
    const shares: Record<string, number> = {}
    const seen = new Map<string, { seconds: number; at: number }>()
    for (const { id, vm } of this.#the.running()) {
      // It may end at any time.
      const time = await vm?.pid().then(readCpuTime).catch(() => undefined) // prettier-ignore
      if (time === undefined) continue
      const seconds = (time.userNs + time.kernelNs) / 1e9
      const at = performance.now() / 1000
      const before = this.#cpuSeconds.get(id)
      if (before && at > before.at) shares[id] = Math.max(0, seconds - before.seconds) / (at - before.at)
      seen.set(id, { seconds, at })
    }
    this.#cpuSeconds = seen
    return shares
  }
}
