import type { EventMessage } from '../../../contract/docker.ts'
import type { NotificationKind, Place } from '../../../contract/ipc.ts'
import { bodyText, inert } from '../tray/text.ts'

export interface Notice {
  kind: NotificationKind
  title: string
  body: string
  /** Where a click leads. */
  place: Place
}

/** What is known of how a container ended besides its exit code. */
export interface Ending {
  oomKilled: boolean
  /** Why there is no exit code of its own: its VM was lost. Empty otherwise. */
  error: string
  /** A signal was sent to it shortly before. */
  signalled: boolean
}

/** 128 and the signals of a stop. */
const STOPPED = new Set(['137', '143'])

/** Serves: notifications. What an event is worth telling; undefined where it is nothing that people need to know. */
export function noticeOf(event: EventMessage, { oomKilled, error, signalled }: Ending): Notice | undefined {
  const { Type, Action } = event
  const { ID: id, Attributes } = event.Actor
  const name = inert(Attributes['name'] ?? id.slice(0, 12))
  if (Type === 'image' && Action === 'pull') {
    return {
      kind: 'pulled',
      title: 'Pull done',
      body: `${bodyText(Attributes['name'] ?? id)} is ready to run.`,
      place: { page: 'images' },
    }
  }
  if (Type !== 'container') return undefined
  if (Action === 'health_status: unhealthy') {
    return {
      kind: 'unhealthy',
      title: `${name} is unhealthy`,
      body: 'Its health check fails again and again. See its logs for why.',
      place: { page: 'container', id, tab: 'overview' },
    }
  }
  if (Action !== 'die') return undefined
  const place: Place = { page: 'container', id, tab: 'logs' }
  if (oomKilled) {
    return {
      kind: 'outOfMemory',
      title: `${name} ran out of memory`,
      body: 'The kernel ended it. Give it more memory, or see its logs for what took it.',
      place,
    }
  }
  const code = Attributes['exitCode'] ?? ''
  if (code === '0' || signalled || (STOPPED.has(code) && !error)) return undefined
  return {
    kind: 'exited',
    title: `${name} exited with an error`,
    body: error ? bodyText(error) : `Its exit code is ${bodyText(code, 10)}. See its logs for why.`,
    place,
  }
}
