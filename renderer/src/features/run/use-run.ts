import type { ContainerCreateResponse } from '../../../../contract/docker.ts'
import { call } from '../../api/engine.ts'
import { asError } from '../../api/failure.ts'
import { useContainers } from '../../stores/containers.ts'
import { useLaunches } from '../../stores/launches.ts'
import { useNotices } from '../../stores/notices.ts'
import { useTransfers } from '../../stores/transfers.ts'
import { requestOf, type RunModel } from './model.ts'

/** Makes and starts a container of the form, pulling its image where that is missing; it may take another's place. */
export function useRun() {
  const containers = useContainers()
  const transfers = useTransfers()
  const launches = useLaunches()
  const notices = useNotices()

  async function create(model: RunModel): Promise<ContainerCreateResponse> {
    const make = (): Promise<ContainerCreateResponse> =>
      call('POST', '/containers/create', { query: { name: model.name || undefined }, body: requestOf(model) })
    try {
      return await make()
    } catch (thrown) {
      if (asError(thrown).code !== 'IMAGE_NOT_FOUND') throw thrown
      await transfers.pull(model.image.trim())
      return make()
    }
  }

  return async (
    model: RunModel,
    replaced?: { id: string; name: string },
  ): Promise<{ id: string; name: string }> => {
    // The old one gives up its name first, and goes only once the new one is there.
    const takesName = replaced && model.name === replaced.name
    if (takesName) await containers.rename(replaced.id, `${replaced.name}-replaced`)
    let made: ContainerCreateResponse
    try {
      made = await create(model)
    } catch (thrown) {
      if (takesName) await containers.rename(replaced.id, replaced.name)
      throw thrown
    }
    if (replaced) await containers.remove(replaced.id)
    for (const warning of made.Warnings) notices.say(warning)
    await call('POST', `/containers/${made.Id}/start`)
    // The run counts as recent, in the tray too.
    launches.save({ name: model.name || undefined, config: requestOf(model) }).catch(() => {
      // It runs all the same.
    })
    const { Name } = await containers.inspect(made.Id)
    return { id: made.Id, name: Name.replace(/^\//, '') }
  }
}
