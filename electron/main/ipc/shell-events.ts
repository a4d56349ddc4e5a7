import type { ShellEvent } from '../../../contract/ipc.ts'

/** A window that does not ask for so long has crashed or hangs; it begins anew when it asks again. */
const WAITING_MAX = 200

interface Queue {
  events: ShellEvent[]
  /** Whoever waits for the next one. */
  wake?: (events: ShellEvent[]) => void
}

/** What windows are told, kept for each until it asks. */
export class ShellEvents<Owner extends object> {
  readonly #queues = new Map<Owner, Queue>()
  /** What was said while no window was there to hear it, such as where a link leads. */
  #early: ShellEvent[] = []
  readonly #first: () => ShellEvent[]

  /** `first` is what a window is told when it asks for the first time. */
  constructor(first: () => ShellEvent[]) {
    this.#first = first
  }

  /** To every window; with `keep` to the first that comes, where there is none. */
  tell(event: ShellEvent, { keep = false } = {}): void {
    if (this.#queues.size === 0 && keep) this.#early.push(event)
    for (const queue of this.#queues.values()) {
      queue.events = [...queue.events, event].slice(-WAITING_MAX)
      this.#flush(queue)
    }
  }

  next(owner: Owner): Promise<ShellEvent[]> {
    const known = this.#queues.get(owner)
    if (!known) {
      this.#queues.set(owner, { events: [] })
      return Promise.resolve([...this.#first(), ...this.#early.splice(0)])
    }
    return new Promise((resolve) => {
      // One that waits already belongs to a page that is gone.
      known.wake?.([])
      known.wake = resolve
      this.#flush(known)
    })
  }

  /** The window's page is gone; the next one begins anew. */
  forget(owner: Owner): void {
    this.#queues.get(owner)?.wake?.([])
    this.#queues.delete(owner)
  }

  #flush(queue: Queue): void {
    if (!queue.wake || queue.events.length === 0) return
    queue.wake(queue.events.splice(0))
    queue.wake = undefined
  }
}
