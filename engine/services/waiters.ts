/** Those who wait for something to happen next. */
export class Waiters<T> {
  readonly #waiting = new Set<(value: T) => void>()

  /** Resolves when it happens; rejects with the signal's reason. */
  next(signal?: AbortSignal): Promise<T> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted()
      const onAbort = (): void => {
        this.#waiting.delete(done)
        reject(signal!.reason as Error)
      }
      const done = (value: T): void => {
        signal?.removeEventListener('abort', onAbort)
        resolve(value)
      }
      this.#waiting.add(done)
      signal?.addEventListener('abort', onAbort, { once: true })
    })
  }

  release(value: T): void {
    const all = [...this.#waiting]
    this.#waiting.clear()
    for (const done of all) done(value)
  }
}
