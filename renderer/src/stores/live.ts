import { defineStore } from 'pinia'
import { defaultFork } from '../../../contract/fork.ts'
import type { ContainerSummary } from '../../../contract/docker.ts'
import { nameOf } from '../../../contract/names.ts'
import type { ForkRequest, ForkResponse, FreezeResponse } from '../../../contract/ramet.ts'
import { call } from '../api/engine.ts'
import { text } from '../text/index.ts'
import { useActivity } from './activity.ts'
import { useContainers } from './containers.ts'

/** What is done with containers while they run. None of it can be cut short: the engine does all of it or nothing. */
export const useLive = defineStore('live', () => {
  const activity = useActivity()
  const containers = useContainers()

  const at = (container: ContainerSummary, action: string): string =>
    `/ramet/v1/containers/${container.Id}/${action}`
  const run = <T>(title: string, container: ContainerSummary, work: () => Promise<T>): Promise<T> =>
    activity.run(title, () => containers.during(container.Id, work), { cancellable: false })

  return {
    fork: (container: ContainerSummary, request: ForkRequest) =>
      run(text.live.forking(nameOf(container), request.count ?? 1), container, () =>
        call<ForkResponse>('POST', at(container, 'fork'), { body: request }),
      ),
    /** What is asked for where nobody says otherwise. */
    usualFork: (container: ContainerSummary, count = 1): ForkRequest =>
      defaultFork(container, containers.items, count),
    freeze: (container: ContainerSummary, reference: string) =>
      run(text.live.freezing(nameOf(container), reference), container, () =>
        call<FreezeResponse>('POST', at(container, 'freeze'), { body: { reference } }),
      ),
    checkpoint: (container: ContainerSummary, name = '') =>
      run(text.live.taking(nameOf(container)), container, () =>
        call('POST', `/containers/${container.Id}/checkpoints`, {
          body: { CheckpointID: name || undefined, Exit: false },
        }),
      ),
    rewind: (container: ContainerSummary, checkpoint: string) =>
      run(text.live.rewinding(nameOf(container), checkpoint), container, () =>
        call('POST', at(container, 'rewind'), { body: { checkpoint } }),
      ),
    removeCheckpoint: (container: ContainerSummary, name: string) =>
      call('DELETE', `/containers/${container.Id}/checkpoints/${encodeURIComponent(name)}`),
  }
})
