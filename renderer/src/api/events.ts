import type { RametEvent } from '../../../contract/ramet.ts'
import { open } from './engine.ts'
import { jsonLines } from './lines.ts'

const FIRST_WAIT = 300
const LONGEST_WAIT = 3000

export interface EventHandlers {
  /** The stream stands: load what may have changed before. */
  onUp(): void
  onEvents(events: RametEvent[]): void
  onDown(error: unknown): void
}

/** The one event stream, taken up again for as long as it takes. Answers what ends it. */
export function followEvents({ onUp, onEvents, onDown }: EventHandlers): () => void {
  const ends = new AbortController()
  void (async () => {
    let wait = FIRST_WAIT
    while (!ends.signal.aborted) {
      try {
        const stream = await open({ method: 'GET', path: '/ramet/v1/events' }, ends.signal)
        wait = FIRST_WAIT
        onUp()
        for await (const events of jsonLines<RametEvent>(stream)) {
          if (!ends.signal.aborted) onEvents(events)
        }
        if (!ends.signal.aborted) onDown(undefined)
      } catch (error) {
        if (!ends.signal.aborted) onDown(error)
      }
      await new Promise((resolve) => setTimeout(resolve, wait))
      wait = Math.min(wait * 2, LONGEST_WAIT)
    }
  })()
  return () => ends.abort()
}
