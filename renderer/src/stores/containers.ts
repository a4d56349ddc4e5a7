import { defineStore } from 'pinia'
import { computed, ref, shallowReactive, shallowRef } from 'vue'
import type { ContainerInspect, ContainerSummary, HealthStatus } from '../../../contract/docker.ts'
import type { RametEvent } from '../../../contract/ramet.ts'
import { call, get } from '../api/engine.ts'
import { asError } from '../api/failure.ts'
import { useConnection } from './connection.ts'

/** Events that come within this time cost one request. */
const SOON = 100
/** Of an exec, or of reading files: nothing that a list shows. */
const UNSEEN = /^(exec_|top|archive-path|extract-to-dir|export|attach|resize|commit)/

export type ContainerAction = 'start' | 'stop' | 'restart' | 'pause' | 'unpause' | 'kill'

export const projectOf = (container: ContainerSummary): string =>
  container.Labels['com.docker.compose.project'] ?? ''
export const isLive = ({ State }: ContainerSummary): boolean =>
  ['running', 'paused', 'restarting'].includes(State)

/** Docker says the health only in the words of the status. */
export function healthOf({ Status }: ContainerSummary): HealthStatus | undefined {
  const found = /\((healthy|unhealthy|health: starting)\)/.exec(Status)?.[1]
  return found === 'health: starting' ? 'starting' : (found as HealthStatus | undefined)
}

export const endedBadly = ({ State, Status }: ContainerSummary): boolean =>
  State === 'exited' && !/^Exited \((0|137|143)\)/.test(Status)

/** All containers: loaded once, then those that events name, again. */
export const useContainers = defineStore('containers', () => {
  const byId = shallowRef(new Map<string, ContainerSummary>())
  const status = ref<'loading' | 'ready' | 'failed'>('loading')
  const error = ref('')
  /** Something is being done to them. */
  const busy = shallowReactive(new Set<string>())
  const touched = new Set<string>()
  let timer: ReturnType<typeof setTimeout> | undefined
  let last = Promise.resolve()

  /** One question after the other: no answer takes the place of a newer one. */
  const inTurn = (ask: () => Promise<void>): Promise<void> => (last = last.then(ask))
  const reload = (): Promise<void> => inTurn(load)

  async function load(): Promise<void> {
    touched.clear()
    try {
      const found = await get<ContainerSummary[]>('/containers/json', { all: true })
      byId.value = new Map(found.map((each) => [each.Id, each]))
      status.value = 'ready'
    } catch (thrown) {
      error.value = asError(thrown).message
      if (status.value !== 'ready') status.value = 'failed'
    }
  }

  async function refresh(): Promise<void> {
    const ids = [...touched]
    if (ids.length === 0) return
    touched.clear()
    try {
      const filters = JSON.stringify({ id: ids })
      const found = await get<ContainerSummary[]>('/containers/json', { all: true, filters })
      const next = new Map(byId.value)
      for (const id of ids) next.delete(id)
      // Newest first, as the engine has it: what is not new keeps its place.
      const fresh = found.filter(({ Id }) => !byId.value.has(Id))
      byId.value = new Map([
        ...fresh.map((each) => [each.Id, each] as const),
        ...[...byId.value.keys()].flatMap((id) => {
          const now = found.find(({ Id }) => Id === id) ?? next.get(id)
          return now ? [[id, now] as const] : []
        }),
      ])
    } catch {
      // The engine has gone: when it is back all is loaded.
    }
  }

  function apply(events: RametEvent[]): void {
    for (const event of events) {
      if (event.Type !== 'container') continue
      if (event.Action === 'prune') void reload()
      else if (!UNSEEN.test(event.Action) && event.Actor.ID) touched.add(event.Actor.ID)
    }
    if (touched.size === 0) return
    timer ??= setTimeout(() => {
      timer = undefined
      void inTurn(refresh)
    }, SOON)
  }

  useConnection().subscribe({ onUp: () => void reload(), onEvents: apply })

  async function during<T>(id: string, work: () => Promise<T>): Promise<T> {
    busy.add(id)
    try {
      return await work()
    } finally {
      busy.delete(id)
    }
  }

  return {
    byId,
    status,
    error,
    busy,
    during,
    reload,
    items: computed(() => [...byId.value.values()]),
    act: (id: string, action: ContainerAction) =>
      during(id, () => call('POST', `/containers/${id}/${action}`)),
    remove: (id: string) =>
      during(id, () => call('DELETE', `/containers/${id}`, { query: { force: true, v: true } })),
    rename: (id: string, name: string) => call('POST', `/containers/${id}/rename`, { query: { name } }),
    inspect: (id: string) => get<ContainerInspect>(`/containers/${id}/json`),
  }
})
