import type { ContainerConfig, Health, HealthConfig, HealthStatus } from '../../../contract/docker.ts'
import { EngineError } from '../../../contract/errors.ts'

const NS_PER_MS = 1e6
/** Docker's own defaults. */
const DEFAULTS = { interval: 30_000, timeout: 30_000, startInterval: 5_000, retries: 3 }
/** Results that are kept. */
const REMEMBERED = 5
/** Characters kept of what a probe printed. */
const OUTPUT_MAX = 4096

/** A health check as it is carried out; times in milliseconds. */
export interface HealthCheck {
  argv: string[]
  interval: number
  timeout: number
  startPeriod: number
  startInterval: number
  retries: number
}

/** The request's health check over the image's, field by field. Rejects times that make no sense. */
export function mergeHealthcheck(
  image?: HealthConfig | null,
  own?: HealthConfig | null,
): HealthConfig | undefined {
  if (!own) return image ?? undefined
  for (const field of ['Interval', 'Timeout', 'StartPeriod', 'StartInterval'] as const) {
    const value = own[field] ?? 0
    if (value !== 0 && value < NS_PER_MS)
      throw new EngineError('INVALID_ARGUMENT', `${field} in Healthcheck cannot be less than 1ms`)
  }
  if ((own.Retries ?? 0) < 0)
    throw new EngineError('INVALID_ARGUMENT', 'Retries in Healthcheck cannot be negative')
  const given = Object.entries(own).filter(([, value]) => (Array.isArray(value) ? value.length > 0 : value))
  return { ...image, ...Object.fromEntries(given) }
}

/** What is to be carried out; undefined where a container has no health check, or was told to have none. */
export function healthCheckOf({ Healthcheck, Shell }: ContainerConfig): HealthCheck | undefined {
  const [kind, ...words] = Healthcheck?.Test ?? []
  if (!Healthcheck || kind === undefined || kind === 'NONE') return undefined
  const shell = Shell?.length ? Shell : ['/bin/sh', '-c']
  const ms = (ns: number | undefined, byDefault: number): number => (ns ? ns / NS_PER_MS : byDefault)
  return {
    argv: kind === 'CMD' ? words : kind === 'CMD-SHELL' ? [...shell, words.join(' ')] : [kind, ...words],
    interval: ms(Healthcheck.Interval, DEFAULTS.interval),
    timeout: ms(Healthcheck.Timeout, DEFAULTS.timeout),
    startPeriod: ms(Healthcheck.StartPeriod, 0),
    startInterval: ms(Healthcheck.StartInterval, DEFAULTS.startInterval),
    retries: Healthcheck.Retries || DEFAULTS.retries,
  }
}

interface Probe {
  exitCode: number
  output: string
}

interface MonitorOptions {
  /** Carries out a probe; rejects when `signal` aborts, and then leaves nothing running. */
  probe(argv: string[], signal: AbortSignal): Promise<Probe>
  /** Told of every change of status, after `health` shows it. */
  onStatus(status: HealthStatus): void
}

/** Probes a running container again and again, and judges how it is. */
export class HealthMonitor {
  readonly #options: MonitorOptions
  #run: AbortController | undefined
  health: Health | undefined

  constructor(options: MonitorOptions) {
    this.#options = options
  }

  /** Begins anew, as a run of the container does. `status` is what an engine before this one had found. */
  begin(check: HealthCheck | undefined, startedAt: number, status: HealthStatus = 'starting'): void {
    this.end()
    this.health = check && { Status: status, FailingStreak: 0, Log: [] }
    if (!check) return
    this.#run = new AbortController()
    void this.#watch(check, startedAt, this.#run.signal)
  }

  /** The last result stays to be seen. */
  end(): void {
    this.#run?.abort()
    this.#run = undefined
  }

  async #watch(check: HealthCheck, startedAt: number, ended: AbortSignal): Promise<void> {
    const starting = (): boolean =>
      this.health!.Status === 'starting' && Date.now() - startedAt < check.startPeriod
    for (;;) {
      await sleep(starting() ? Math.min(check.startInterval, check.interval) : check.interval, ended)
      if (ended.aborted) return
      const forgiven = starting()
      const start = new Date()
      const result = await this.#probe(check, ended)
      if (ended.aborted) return
      this.#judge(check, result, start, forgiven)
    }
  }

  async #probe({ argv, timeout }: HealthCheck, ended: AbortSignal): Promise<Probe> {
    const late = AbortSignal.timeout(timeout)
    try {
      return await this.#options.probe(argv, AbortSignal.any([ended, late]))
    } catch (error) {
      const output = late.aborted
        ? `Health check exceeded timeout (${timeout / 1000}s)`
        : (error as Error).message
      return { exitCode: -1, output }
    }
  }

  #judge(check: HealthCheck, { exitCode, output }: Probe, start: Date, forgiven: boolean): void {
    const health = this.health!
    const entry = {
      Start: start.toISOString(),
      End: new Date().toISOString(),
      ExitCode: exitCode,
      Output: output.slice(0, OUTPUT_MAX),
    }
    health.Log = [...health.Log, entry].slice(-REMEMBERED)
    if (exitCode !== 0 && forgiven) return
    health.FailingStreak = exitCode === 0 ? 0 : health.FailingStreak + 1
    const before = health.Status
    if (exitCode === 0) health.Status = 'healthy'
    else if (health.FailingStreak >= check.retries) health.Status = 'unhealthy'
    if (health.Status !== before) this.#options.onStatus(health.Status)
  }
}

function sleep(ms: number, ended: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer)
      ended.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    ended.addEventListener('abort', done)
    if (ended.aborted) done()
  })
}
