import type { ContainerCreateResponse } from '../../../../contract/docker.ts'
import { call } from '../../api/engine.ts'
import { asError } from '../../api/failure.ts'
import { useContainers } from '../../stores/containers.ts'
import { useLaunches } from '../../stores/launches.ts'
import { useNotices } from '../../stores/notices.ts'
import { useTransfers } from '../../stores/transfers.ts'
import { requestOf, type RunModel } from './model.ts'
import { recreate, withVolumesOf } from './recreate.ts'

/** One that is told to goes by itself when it ends. */
function mayBeGone(thrown: unknown): void {
  if (asError(thrown).code !== 'CONTAINER_NOT_FOUND') throw thrown
}

/** Makes and starts a container of the form, pulling its image where that is missing; it may take another's place. */
export function useRun() {
  const containers = useContainers()
  const transfers = useTransfers()
  const launches = useLaunches()
  const notices = useNotices()

  async function create(model: RunModel, body = requestOf(model)): Promise<ContainerCreateResponse> {
    const make = (): Promise<ContainerCreateResponse> =>
      call('POST', '/containers/create', { query: { name: model.name || undefined }, body })
    try {
      return await make()
    } catch (thrown) {
      if (asError(thrown).code !== 'IMAGE_NOT_FOUND') throw thrown
      await transfers.pull(model.image.trim())
      return make()
    }
  }
  const post =
    (action: string) =>
    (id: string): Promise<unknown> =>
      call('POST', `/containers/${id}/${action}`)
  const warn = ({ Id, Warnings }: ContainerCreateResponse): string => {
    for (const warning of Warnings) notices.say(warning)
    return Id
  }

  return async (
    model: RunModel,
    replaced?: { id: string; name: string },
  ): Promise<{ id: string; name: string }> => {
    const { inspect, rename, remove } = containers
    let id: string
    if (replaced) {
      const old = { id: replaced.id, takesName: model.name === replaced.name }
      id = await recreate(old, {
        inspect,
        rename,
        remove: (each) => remove(each).catch(mayBeGone),
        stop: post('stop'),
        start: post('start'),
        create: async (from) => warn(await create(model, withVolumesOf(from, requestOf(model)))),
      })
    } else {
      id = warn(await create(model))
      await post('start')(id)
    }
    // The run counts as recent, in the tray too.
    launches.save({ name: model.name || undefined, config: requestOf(model) }).catch(() => {
      // It runs all the same.
    })
    const { Name } = await inspect(id)
    return { id, name: Name.replace(/^\//, '') }
  }
}
