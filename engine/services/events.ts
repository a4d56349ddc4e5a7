import type { EventMessage } from '../../contract/docker.ts'
import type { RametEvent } from '../../contract/ramet.ts'

/** Events that are kept for those who ask later; with the engine they go. */
const REMEMBERED = 1024

/** The one stream on which state comes up. */
export class EventBus {
  readonly #listeners = new Set<(event: EventMessage) => void>()
  readonly #toAll = new Set<(event: RametEvent) => void>()
  #past: EventMessage[] = []

  emit(type: EventMessage['Type'], action: string, id: string, attributes: Record<string, string>): void {
    const milliseconds = Date.now()
    const event: EventMessage = {
      Type: type,
      Action: action,
      Actor: { ID: id, Attributes: attributes },
      scope: 'local',
      time: Math.floor(milliseconds / 1000),
      timeNano: milliseconds * 1_000_000,
    }
    this.#past.push(event)
    // Seldom, and then many: to move all of them along for each would cost more than to hold twice as many.
    if (this.#past.length >= 2 * REMEMBERED) this.#past = this.#past.slice(-REMEMBERED)
    for (const listener of this.#listeners) listener(event)
    this.tell(event)
  }

  /** For those alone who also want what Docker has no word for. None are remembered. */
  tell(event: RametEvent): void {
    for (const listener of this.#toAll) listener(event)
  }

  /** The last ones, oldest first. */
  past(): EventMessage[] {
    return this.#past.slice(-REMEMBERED)
  }

  subscribe(listener: (event: EventMessage) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  subscribeToAll(listener: (event: RametEvent) => void): () => void {
    this.#toAll.add(listener)
    return () => this.#toAll.delete(listener)
  }
}
