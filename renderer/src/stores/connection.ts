import { defineStore } from 'pinia'
import { ref, shallowRef, watch } from 'vue'
import type { HostInfo, RametEvent } from '../../../contract/ramet.ts'
import { isHidden } from '../api/browser.ts'
import { get, startEngine } from '../api/engine.ts'
import { followEvents } from '../api/events.ts'
import { asError } from '../api/failure.ts'

interface Subscriber {
  /** The stream stands: load. */
  onUp(): void
  onEvents?(events: RametEvent[]): void
}

/** The one event stream. It stands only while somebody can see the window; whoever hears it loads anew each time. */
export const useConnection = defineStore('connection', () => {
  const state = ref<'connecting' | 'up' | 'down'>('connecting')
  const error = ref('')
  const starting = ref(false)
  const host = shallowRef<HostInfo>()
  const subscribers = new Set<Subscriber>()
  let stop = (): void => {}

  function start(): void {
    stop()
    stop = followEvents({
      onUp() {
        state.value = 'up'
        for (const { onUp } of subscribers) onUp()
        get<HostInfo>('/ramet/v1/host').then(
          (found) => (host.value = found),
          () => {
            // It has gone again; the stream tells.
          },
        )
      },
      onEvents(events) {
        for (const { onEvents } of subscribers) onEvents?.(events)
      },
      onDown(thrown) {
        state.value = 'down'
        error.value = thrown === undefined ? '' : asError(thrown).message
      },
    })
  }

  watch(isHidden, (hidden) => (hidden ? stop() : start()), { immediate: true })

  function subscribe(subscriber: Subscriber): void {
    subscribers.add(subscriber)
    if (state.value === 'up') subscriber.onUp()
  }

  /** Starts the engine; the stream finds it. */
  async function revive(): Promise<void> {
    starting.value = true
    try {
      await startEngine()
    } catch (thrown) {
      error.value = asError(thrown).message
    } finally {
      starting.value = false
    }
  }

  return { state, error, starting, host, subscribe, revive }
})
