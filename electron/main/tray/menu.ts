import type { ContainerSummary } from '../../../contract/docker.ts'
import type { ContainerTab } from '../../../contract/ipc.ts'
import { nameOf } from '../../../contract/names.ts'
import type { QuickLaunch } from '../../../contract/ramet.ts'
import type { TrayLine, TrayModel } from './model.ts'
import { menuText, size } from './text.ts'

/** A menu is read at a glance; the window has all. */
const CONTAINERS_MAX = 20
const LAUNCHES_MAX = 15
const PORTS_MAX = 8
const FORKS = 5

/** Serves: the tray. The whole menu, of what is known; a line without an action only tells. */
export function trayMenu(model: TrayModel): TrayLine[] {
  const { engine, containers, launches } = model
  const serves = engine.phase === 'running'
  return [
    ...status(model),
    'separator',
    { label: 'Open Ramet', action: { do: 'go' } },
    ...(serves ? [quickLaunch(launches)] : []),
    ...(serves && containers.length > 0 ? ['separator' as const, ...running(containers)] : []),
    'separator',
    ...(serves && containers.length > 0
      ? [{ label: 'Stop all containers…', action: { do: 'stop-all' } } as const]
      : []),
    { label: 'Settings', action: { do: 'go', place: { page: 'settings' } } },
    { label: 'Quit…', action: { do: 'quit' } },
  ]
}

/** The state at a glance, in one line; also what the icon says under the pointer. */
export function trayTitle({ engine, containers, savedBytes }: TrayModel): string {
  if (engine.phase === 'starting') return 'Ramet: the engine is starting'
  if (engine.phase === 'failed') return 'Ramet: the engine does not run'
  const count = containers.length
  const what = count === 0 ? 'nothing runs' : `${count} container${count === 1 ? ' runs' : 's run'}`
  return savedBytes && savedBytes > 0 && count > 0
    ? `Ramet: ${what}, ${size(savedBytes)} of memory saved`
    : `Ramet: ${what}`
}

function status(model: TrayModel): TrayLine[] {
  const { engine } = model
  const lines: TrayLine[] = [{ label: trayTitle(model).replace(/^Ramet: (.)/, (_all, first: string) => first.toUpperCase()) }] // prettier-ignore
  if (engine.phase !== 'failed') return lines
  return [
    ...lines,
    { label: menuText(engine.message) },
    { label: 'Start the engine', action: { do: 'start-engine' } },
    { label: 'What is wrong?', action: { do: 'go', place: { page: 'doctor' } } },
  ]
}

function quickLaunch(launches: QuickLaunch[]): TrayLine {
  const line = ({ id, title, config }: QuickLaunch): TrayLine => ({
    label: menuText(title + portsOf(config.HostConfig?.PortBindings)),
    action: { do: 'launch', id },
  })
  const shown = launches.slice(0, LAUNCHES_MAX)
  const pinned = shown.filter((each) => each.pinned).map(line)
  const recent = shown.filter((each) => !each.pinned).map(line)
  return {
    label: 'Quick launch',
    lines: [
      ...pinned,
      ...(pinned.length > 0 && recent.length > 0 ? ['separator' as const] : []),
      ...recent,
      ...(shown.length > 0 ? ['separator' as const] : []),
      { label: 'Run an image…', action: { do: 'go', place: { page: 'run' } } },
    ],
  }
}

/** The ports that a launch opens, where they are known beforehand. */
function portsOf(bindings: NonNullable<QuickLaunch['config']['HostConfig']>['PortBindings']): string {
  const ports = Object.values(bindings ?? {}).flatMap((list) => list ?? []).map(({ HostPort }) => HostPort).filter(Boolean) // prettier-ignore
  return ports.length > 0 ? ` (${ports.slice(0, PORTS_MAX).join(', ')})` : ''
}

function running(containers: ContainerSummary[]): TrayLine[] {
  const more = containers.length - CONTAINERS_MAX
  return [
    ...containers.slice(0, CONTAINERS_MAX).map(container),
    ...(more > 0
      ? [{ label: `${more} more…`, action: { do: 'go', place: { page: 'containers' } } } as const]
      : []),
  ]
}

function container(summary: ContainerSummary): TrayLine {
  const { Id: id, State, Status, Ports } = summary
  const name = nameOf(summary)
  const note = /unhealthy/.test(Status) ? ' (unhealthy)' : State === 'running' ? '' : ` (${State})`
  const browse = [...new Set(Ports.flatMap(browserUrl))].slice(0, PORTS_MAX)
  const runs = State === 'running'
  const go = (label: string, tab: ContainerTab): TrayLine => ({
    label,
    action: { do: 'go', place: { page: 'container', id, tab } },
  })
  return {
    label: menuText(name) + note,
    lines: [
      ...browse.map((url): TrayLine => ({ label: `Open ${url}`, action: { do: 'browse', url } })),
      go('Logs', 'logs'),
      ...(runs ? [go('Terminal', 'terminal')] : []),
      go('Details', 'overview'),
      'separator',
      ...(runs ? live(id) : []),
      go('Checkpoints and rewind', 'checkpoints'),
      'separator',
      { label: 'Stop', action: { do: 'stop', id } },
    ],
  }
}

/** What is done with it while it runs. A warm image wants a name: the window asks for it. */
function live(id: string): TrayLine[] {
  return [
    { label: 'Fork', action: { do: 'fork', id, count: 1 } },
    { label: `Fork ${FORKS} times`, action: { do: 'fork', id, count: FORKS } },
    { label: 'Take a checkpoint', action: { do: 'checkpoint', id } },
  ]
}

/** Whatever a port listens on, this machine reaches it at its own address. */
function browserUrl({ PublicPort, Type, PrivatePort }: ContainerSummary['Ports'][number]): string[] {
  if (PublicPort === undefined || Type !== 'tcp') return []
  return [`${PrivatePort === 443 ? 'https' : 'http'}://localhost:${PublicPort}`]
}
