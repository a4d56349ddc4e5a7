import { Camera, GitFork, Snowflake } from '@lucide/vue'
import type { Router } from 'vue-router'
import type { ContainerSummary } from '../../../../../contract/docker.ts'
import { nameOf } from '../../../../../contract/names.ts'
import type { ForkRequest } from '../../../../../contract/ramet.ts'
import type { Action } from '../../../components/action.ts'
import { useLive } from '../../../stores/live.ts'
import { useNotices } from '../../../stores/notices.ts'
import { text } from '../../../text/index.ts'
import { asked } from './asked.ts'

/** What can be done with a container while it runs, wherever it is offered. */
export function useLiveActions(router: Router) {
  const live = useLive()
  const notices = useNotices()
  const words = text.live

  /** Answers whether there are forks now. */
  const fork = (container: ContainerSummary, request: ForkRequest = live.usualFork(container)) =>
    notices.attempt(async () => {
      const { containers: made } = await live.fork(container, request)
      const one = made.length === 1 ? made[0] : undefined
      notices.say(words.forked(made.map(({ Name }) => Name)), {
        label: words.show,
        run: () => void router.push(one ? `/containers/${one.Id}` : `/containers/${container.Id}/lineage`),
      })
    })

  const checkpoint = (container: ContainerSummary, name?: string) =>
    notices.attempt(async () => {
      await live.checkpoint(container, name)
      notices.say(words.taken(nameOf(container)))
    })

  function actions(container: ContainerSummary): Action[] {
    const disabled = container.State !== 'running'
    return [
      { label: words.fork, icon: GitFork, disabled, begins: true, run: () => void fork(container) },
      {
        label: words.forkSeveral,
        icon: GitFork,
        disabled,
        run: () => (asked.value = { what: 'fork', container }),
      },
      {
        label: words.freeze,
        icon: Snowflake,
        disabled,
        run: () => (asked.value = { what: 'freeze', container }),
      },
      { label: words.take, icon: Camera, disabled, run: () => void checkpoint(container) },
    ]
  }

  return { fork, checkpoint, actions }
}
