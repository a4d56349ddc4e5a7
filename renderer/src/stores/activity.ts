import { defineStore } from 'pinia'
import { computed, shallowReactive, shallowRef, triggerRef } from 'vue'
import { asError } from '../api/failure.ts'

export interface Part {
  id: string
  status: string
  current?: number
  total?: number
}

export interface Task {
  id: number
  title: string
  state: 'running' | 'done' | 'failed' | 'cancelled'
  /** What it is at. */
  detail: string
  error: string
  parts: Map<string, Part>
  startedAt: number
  endedAt?: number
  /** Absent where it cannot be cut short. */
  cancel?(): void
}

export interface TaskControls {
  signal: AbortSignal
  say(detail: string): void
  part(part: Part): void
}

const KEPT = 50

/** Long work that this window has begun. It ends with the window: the engine cancels what nobody waits for. */
export const useActivity = defineStore('activity', () => {
  const tasks = shallowRef<Task[]>([])
  let last = 0
  let drawn = false

  /** Progress comes faster than anybody reads. */
  function changed(): void {
    if (drawn) return
    drawn = true
    setTimeout(() => {
      drawn = false
      triggerRef(tasks)
    }, 100)
  }

  /** Rejects as `work` does; the task keeps the error. */
  async function run<T>(
    title: string,
    work: (controls: TaskControls) => Promise<T>,
    { cancellable = true } = {},
  ): Promise<T> {
    const ends = new AbortController()
    const task: Task = shallowReactive({
      id: ++last,
      title,
      state: 'running',
      detail: '',
      error: '',
      parts: new Map<string, Part>(),
      startedAt: Date.now(),
      cancel: cancellable ? () => ends.abort() : undefined,
    })
    tasks.value = [task, ...tasks.value].slice(0, KEPT)
    try {
      const result = await work({
        signal: ends.signal,
        say(detail) {
          task.detail = detail
          changed()
        },
        part(part) {
          task.parts.set(part.id, part)
          changed()
        },
      })
      ends.signal.throwIfAborted()
      task.state = 'done'
      return result
    } catch (thrown) {
      task.state = ends.signal.aborted ? 'cancelled' : 'failed'
      task.error = ends.signal.aborted ? '' : asError(thrown).message
      throw thrown
    } finally {
      task.endedAt = Date.now()
      triggerRef(tasks)
    }
  }

  return {
    tasks,
    run,
    running: computed(() => tasks.value.filter(({ state }) => state === 'running')),
    clear: () => (tasks.value = tasks.value.filter(({ state }) => state === 'running')),
  }
})
