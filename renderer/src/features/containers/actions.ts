import {
  Copy,
  Pause,
  Play,
  RotateCw,
  ScrollText,
  CircleStop,
  SquarePen,
  Star,
  SquareTerminal,
  Trash2,
} from '@lucide/vue'
import type { Router } from 'vue-router'
import type { ContainerSummary } from '../../../../contract/docker.ts'
import { nameOf } from '../../../../contract/names.ts'
import { copyText } from '../../api/browser.ts'
import type { Action } from '../../components/action.ts'
import { confirm } from '../../components/confirm.ts'
import { isLive, useContainers, type ContainerAction } from '../../stores/containers.ts'
import { useImages } from '../../stores/images.ts'
import { useLaunches } from '../../stores/launches.ts'
import { useNotices } from '../../stores/notices.ts'
import { text } from '../../text/index.ts'
import { toLine } from '../run/line.ts'
import { fromInspect } from '../run/from-inspect.ts'
import { requestOf } from '../run/model.ts'
import { useLiveActions } from './live/live-actions.ts'

/** What can be done with containers, wherever it is offered. */
export function useContainerActions(router: Router) {
  const containers = useContainers()
  const notices = useNotices()
  const launches = useLaunches()
  const images = useImages()
  const live = useLiveActions(router)

  const act = (list: ContainerSummary[], action: ContainerAction): void => {
    for (const { Id } of list) void notices.attempt(() => containers.act(Id, action))
  }

  /** Answers whether they went. */
  async function remove(list: ContainerSummary[]): Promise<boolean> {
    const live = list.filter(isLive).length
    const sure = await confirm({
      title: text.containers.removeTitle(list.length, nameOf(list[0]!)),
      detail: text.containers.removeDetail(list.length, live),
      items: list.length > 1 ? list.map(nameOf) : undefined,
      action: text.containers.removeAction,
    })
    if (!sure) return false
    const gone = await Promise.all(list.map(({ Id }) => notices.attempt(() => containers.remove(Id))))
    return gone.every(Boolean)
  }

  /** The run that it came of, without what its image says itself. */
  async function runModel({ Id, ImageID }: ContainerSummary) {
    const image = await images.inspect(ImageID).then(({ Config }) => Config, () => undefined) // prettier-ignore
    return fromInspect(await containers.inspect(Id), image)
  }

  async function saveLaunch(container: ContainerSummary): Promise<void> {
    await notices.attempt(async () => {
      const model = await runModel(container)
      const title = nameOf(container)
      await launches.save({ title, name: model.name || undefined, config: requestOf(model), pinned: true })
      notices.say(text.containers.savedLaunch(title))
    })
  }

  function actions(container: ContainerSummary): Action[] {
    const { actions: words } = text.containers
    const { Id, State } = container
    const at = `/containers/${Id}`
    const runs = State === 'running' || State === 'restarting'
    return [
      ...(isLive(container)
        ? [{ label: words.stop, icon: CircleStop, run: () => act([container], 'stop') }]
        : [{ label: words.start, icon: Play, run: () => act([container], 'start') }]),
      {
        label: words.restart,
        icon: RotateCw,
        disabled: !isLive(container),
        run: () => act([container], 'restart'),
      },
      State === 'paused'
        ? { label: words.unpause, icon: Play, run: () => act([container], 'unpause') }
        : { label: words.pause, icon: Pause, disabled: !runs, run: () => act([container], 'pause') },
      ...live.actions(container),
      { label: words.logs, icon: ScrollText, begins: true, run: () => void router.push(`${at}/logs`) },
      {
        label: words.terminal,
        icon: SquareTerminal,
        disabled: !runs,
        run: () => void router.push(`${at}/terminal`),
      },
      {
        label: words.copyRun,
        icon: Copy,
        begins: true,
        run: () => void notices.attempt(async () => copyText(toLine(await runModel(container)))),
      },
      { label: words.saveLaunch, icon: Star, run: () => void saveLaunch(container) },
      { label: words.recreate, icon: SquarePen, run: () => void router.push(`/run?from=${Id}`) },
      { label: words.remove, icon: Trash2, danger: true, begins: true, run: () => void remove([container]) },
    ]
  }

  return { act, remove, actions, fork: live.fork }
}
