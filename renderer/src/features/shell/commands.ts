import {
  ArrowRight,
  Box,
  Camera,
  Download,
  GitFork,
  HardDrive,
  History,
  Layers,
  Moon,
  Network,
  Plus,
  Play,
  ScrollText,
  Snowflake,
  CircleStop,
  SquareTerminal,
  Sun,
  SunMoon,
  Star,
} from '@lucide/vue'
import type { ContainerSummary } from '../../../../contract/docker.ts'
import { nameOf, shortId } from '../../../../contract/names.ts'
import { computed, type Component, type ComputedRef, type Ref } from 'vue'
import { useRouter } from 'vue-router'
import { isLive, useContainers } from '../../stores/containers.ts'
import { imageName, useImages } from '../../stores/images.ts'
import { useLaunches } from '../../stores/launches.ts'
import { useNotices } from '../../stores/notices.ts'
import { useNetworks } from '../../stores/networks.ts'
import { usePreferences, type Theme } from '../../stores/preferences.ts'
import { useTemplates } from '../../stores/templates.ts'
import { useVolumes } from '../../stores/volumes.ts'
import { text } from '../../text/index.ts'
import { useContainerActions } from '../containers/actions.ts'
import { asked } from '../containers/live/asked.ts'
import { useLiveActions } from '../containers/live/live-actions.ts'

export interface Command {
  key: string
  label: string
  detail?: string
  icon?: Component
  run(): void
}

interface Group {
  label: string
  commands: Command[]
}

/** Of each kind; whoever looks for one of many types its name. */
const MOST = 12

export function useCommands(query: Ref<string>): ComputedRef<Group[]> {
  const router = useRouter()
  const containers = useContainers()
  const images = useImages()
  const launches = useLaunches()
  const notices = useNotices()
  const preferences = usePreferences()
  const live = useLiveActions(router)
  const menu = useContainerActions(router)
  const [volumes, networks, templates] = [useVolumes(), useNetworks(), useTemplates()]
  const words = text.common.palette
  const go = (to: string) => (): void => void router.push(to)
  const theme = (chosen: Theme) => (): void => void (preferences.theme = chosen)

  const pages: Command[] = router
    .getRoutes()
    .filter(({ meta, path }) => meta['title'] && !path.includes(':'))
    .map(({ path, meta }) => ({ key: path, label: String(meta['title']), icon: ArrowRight, run: go(path) }))
  const actions: Command[] = [
    { key: 'pull', label: words.pull, icon: Download, run: go('/images?pull') },
    { key: 'volume', label: text.resources.volumes.create, icon: Plus, run: go('/volumes?new') },
    { key: 'network', label: text.resources.networks.create, icon: Plus, run: go('/networks?new') },
    { key: 'template', label: text.resources.templates.make, icon: Plus, run: go('/templates?new') },
    { key: 'light', label: words.light, icon: Sun, run: theme('light') },
    { key: 'dark', label: words.dark, icon: Moon, run: theme('dark') },
    { key: 'system', label: words.system, icon: SunMoon, run: theme('system') },
  ]

  const ofContainers = (): Command[] =>
    containers.items.flatMap((container): Command[] => {
      const [name, at, alive] = [nameOf(container), `/containers/${container.Id}`, isLive(container)]
      const act = (action: 'start' | 'stop') => (): void =>
        void notices.attempt(() => containers.act(container.Id, action))
      return [
        { key: at, label: name, detail: container.Image, icon: Box, run: go(at) },
        { key: `${at} logs`, label: words.logsOf(name), icon: ScrollText, run: go(`${at}/logs`) },
        ...(container.State === 'running' ? ofLive(container) : []),
        ...(alive
          ? [
              {
                key: `${at} terminal`,
                label: words.terminalOf(name),
                icon: SquareTerminal,
                run: go(`${at}/terminal`),
              },
              { key: `${at} stop`, label: words.stop(name), icon: CircleStop, run: act('stop') },
            ]
          : [{ key: `${at} start`, label: words.start(name), icon: Play, run: act('start') }]),
        ...ofMenu(container),
      ]
    })
  /** What its menu has besides. */
  function ofMenu(container: ContainerSummary): Command[] {
    const { restart, pause, unpause, copyRun, saveLaunch, recreate, remove } = text.containers.actions
    const besides = [restart, pause, unpause, copyRun, saveLaunch, recreate, remove]
    return menu
      .actions(container)
      .filter(({ label, disabled }) => !disabled && besides.includes(label))
      .map(({ label, icon, run }) => {
        const key = `/containers/${container.Id} ${label}`
        return { key, label: words.ofContainer(label, nameOf(container)), icon, run }
      })
  }
  function ofLive(container: ContainerSummary): Command[] {
    const [name, at] = [nameOf(container), `/containers/${container.Id}`]
    const words = text.live
    const ask = (what: 'fork' | 'freeze') => (): void => void (asked.value = { what, container })
    return [
      { key: `${at} fork`, label: words.forkOf(name), icon: GitFork, run: () => void live.fork(container) },
      { key: `${at} forks`, label: words.forkSeveralOf(name), icon: GitFork, run: ask('fork') },
      { key: `${at} freeze`, label: words.freezeOf(name), icon: Snowflake, run: ask('freeze') },
      {
        key: `${at} take`,
        label: words.takeOf(name),
        icon: Camera,
        run: () => void live.checkpoint(container),
      },
      { key: `${at} points`, label: words.rewindOf(name), icon: History, run: go(`${at}/checkpoints`) },
    ]
  }
  const ofImages = (): Command[] =>
    images.items.flatMap((image): Command[] => {
      const name = imageName(image)
      return [
        { key: image.Id, label: name, icon: Layers, run: go(`/images/${encodeURIComponent(image.Id)}`) },
        {
          key: `${image.Id} run`,
          label: words.run(name),
          icon: Play,
          run: go(`/run?image=${encodeURIComponent(name)}`),
        },
      ]
    })
  const ofOthers = (): Command[] => [
    ...volumes.items.map(({ Name }) => ({
      key: `volume ${Name}`,
      label: Name,
      detail: words.volume,
      icon: HardDrive,
      run: go(`/volumes/${encodeURIComponent(Name)}`),
    })),
    ...networks.items.map(({ Id, Name }) => ({
      key: `network ${Id}`,
      label: Name,
      detail: words.network,
      icon: Network,
      run: go('/networks'),
    })),
    ...templates.items.map(({ id, image }) => ({
      key: `template ${id}`,
      label: image,
      detail: words.template(shortId(id)),
      icon: Snowflake,
      run: go('/templates'),
    })),
  ]
  const ofLaunches = (): Command[] =>
    launches.items.map(({ id, title }) => ({
      key: `launch ${id}`,
      label: words.launch(title),
      icon: Star,
      run: () =>
        void notices.attempt(async () => {
          const made = await launches.run(id)
          await router.push(`/containers/${made.id}`)
        }),
    }))

  return computed(() => {
    const letters = query.value.trim().toLowerCase().split(/\s+/)
    const found = (commands: Command[]): Command[] =>
      commands
        .filter(({ label, detail = '' }) =>
          letters.every((word) => `${label} ${detail}`.toLowerCase().includes(word)),
        )
        .slice(0, MOST)
    return [
      { label: words.launches, commands: found(ofLaunches()) },
      // Before anything is typed their names are enough: each has many actions.
      {
        label: words.containers,
        commands: found(ofContainers().filter(({ detail }) => query.value.trim() || detail !== undefined)),
      },
      { label: words.images, commands: found(ofImages()) },
      { label: words.others, commands: found(query.value.trim() ? ofOthers() : []) },
      { label: words.pages, commands: found(pages) },
      { label: words.actions, commands: found(actions) },
    ].filter(({ commands }) => commands.length > 0)
  })
}
