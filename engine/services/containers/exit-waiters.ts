import type { WaitCondition } from '../../../contract/docker.ts'
import { Waiters } from '../waiters.ts'

/** Those who wait for a container's end or removal. */
export class ExitWaiters {
  readonly #exit = new Waiters<number>()
  readonly #removed = new Waiters<number>()
  #lastCode = 0

  /** Resolves at the next exit, with its code; rejects with the signal's reason. */
  next(signal?: AbortSignal): Promise<number> {
    return this.#exit.next(signal)
  }

  /** `now` is what holds as the wait begins. */
  async wait(
    condition: WaitCondition,
    now: { running: boolean; last: number },
    signal: AbortSignal,
  ): Promise<number> {
    this.#lastCode = now.last
    if (condition === 'removed') return this.#removed.next(signal)
    return condition === 'not-running' && !now.running ? now.last : this.#exit.next(signal)
  }

  exited(code: number): void {
    this.#lastCode = code
    this.#exit.release(code)
  }

  /** Also ends waits for an exit that can no longer come. */
  removed(): void {
    this.#exit.release(this.#lastCode)
    this.#removed.release(this.#lastCode)
  }
}
