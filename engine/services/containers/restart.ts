import type { ContainerRecord } from './record.ts'

const FIRST_DELAY_MS = 100
const LONGEST_DELAY_MS = 60_000
/** A run of this length was a success: the next delay is the first again. */
const GOOD_RUN_MS = 10_000

/** Whether the policy starts a container again that has just ended. */
export function wantsRestart(record: ContainerRecord): boolean {
  const { Name, MaximumRetryCount = 0 } = record.hostConfig.RestartPolicy ?? {}
  if (record.stoppedByUser) return false
  if (Name === 'always' || Name === 'unless-stopped') return true
  const tries = MaximumRetryCount === 0 || record.restartCount < MaximumRetryCount
  return Name === 'on-failure' && record.exitCode !== 0 && tries
}

/** Whether the policy starts a container that was found ended when the engine came up. */
export function wantsStartAtBoot(record: ContainerRecord): boolean {
  const name = record.hostConfig.RestartPolicy?.Name
  if (record.phase !== 'exited') return false
  return name === 'always' || (name === 'unless-stopped' && !record.stoppedByUser)
}

/** Waits between restarts, twice as long each time, as Docker does. */
export class RestartTimer {
  #delay = FIRST_DELAY_MS
  #timer: NodeJS.Timeout | undefined

  get pending(): boolean {
    return this.#timer !== undefined
  }

  /** `lastedMs` is the length of the run that ended. */
  schedule(lastedMs: number, start: () => void): void {
    if (lastedMs >= GOOD_RUN_MS) this.#delay = FIRST_DELAY_MS
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      start()
    }, this.#delay)
    this.#delay = Math.min(this.#delay * 2, LONGEST_DELAY_MS)
  }

  cancel(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }
}
