import type { RametEvent } from '../../../contract/ramet.ts'
import type { EngineConnection } from './connection.ts'

/** An event is short; a line that never ends is none. */
const LINE_MAX = 1024 * 1024

/**
 * Tells of the engine's events until its stream ends, which is how the engine's end shows. Rejects where it breaks, or
 * was never there. `onOpen` is told once nothing will be missed any more.
 */
export async function followEvents(
  engine: EngineConnection,
  options: { signal: AbortSignal; onOpen(): void; onEvent(event: RametEvent): void },
): Promise<void> {
  const stream = engine.open({ method: 'GET', path: '/ramet/v1/events' })
  const close = (): void => stream.close()
  options.signal.addEventListener('abort', close, { once: true })
  try {
    await stream.head()
    options.onOpen()
    const decoder = new TextDecoder()
    let rest = ''
    for (let data = await stream.read(); data; data = await stream.read()) {
      const lines = (rest + decoder.decode(data, { stream: true })).split('\n')
      rest = lines.pop()!
      if (rest.length > LINE_MAX) throw new Error('an event is too long')
      for (const line of lines) if (line.trim()) options.onEvent(JSON.parse(line) as RametEvent)
    }
  } finally {
    options.signal.removeEventListener('abort', close)
    stream.close()
  }
}
