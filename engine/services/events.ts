import type { EventMessage } from '../../contract/docker.ts'

/** The one stream on which state comes up. */
export class EventBus {
  readonly #listeners = new Set<(event: EventMessage) => void>()

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
    for (const listener of this.#listeners) listener(event)
  }

  subscribe(listener: (event: EventMessage) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}
