import type { Notification as ElectronNotification } from 'electron'
import type { ContainerInspect, EventMessage } from '../../../contract/docker.ts'
import type { RametEvent } from '../../../contract/ramet.ts'
import type { DesktopSettings, Place } from '../../../contract/ipc.ts'
import type { EngineConnection } from '../engine/connection.ts'
import { noticeOf, type Ending, type Notice } from '../notifications/notice.ts'

/** A signal that ends a container does so within this time, or another follows. */
const SIGNAL_MS = 60_000
/** A container that restarts again and again is told of once in a while. */
const AGAIN_MS = 60_000

interface NotificationOptions {
  engine: EngineConnection
  settings(): DesktopSettings
  go(place: Place): void
  now?(): number
}

/** Serves: desktop notifications, each kind to be switched off. Answers what is to be told of events. */
export function notifyOfEvents(
  { Notification }: { Notification: typeof ElectronNotification },
  { engine, settings, go, now = Date.now }: NotificationOptions,
): (event: RametEvent) => Promise<void> {
  const told = new Map<string, number>()
  /** One that is not held may be collected, and its click with it. */
  const shown = new Set<ElectronNotification>()

  const signals = new Map<string, number>()

  const isNews = ({ kind }: Notice, id: string): boolean => {
    for (const [key, at] of told) if (now() - at >= AGAIN_MS) told.delete(key)
    const key = `${kind} ${id}`
    if (told.has(key)) return false
    told.set(key, now())
    return true
  }

  const endingOf = async ({ Action, Actor: { ID: id } }: EventMessage): Promise<Ending> => {
    if (Action === 'kill') signals.set(id, now())
    if (Action !== 'die') return { oomKilled: false, error: '', signalled: false }
    const signalled = now() - (signals.get(id) ?? -SIGNAL_MS) < SIGNAL_MS
    signals.delete(id)
    return { ...(await stateOf(engine, id)), signalled }
  }

  return async (event) => {
    if (event.Type === 'memory' || event.Type === 'template' || event.Type === 'rates') return
    const notice = noticeOf(event, await endingOf(event))
    if (!notice || !settings().notifications[notice.kind]) return
    if (!Notification.isSupported() || !isNews(notice, event.Actor.ID)) return
    const notification = new Notification({ title: notice.title, body: notice.body })
    notification.on('click', () => go(notice.place))
    notification.on('close', () => shown.delete(notification))
    shown.add(notification)
    notification.show()
  }
}

/** One that removed itself tells nothing any more. */
async function stateOf(engine: EngineConnection, id: string): Promise<{ oomKilled: boolean; error: string }> {
  try {
    const { State } = await engine.get<ContainerInspect>(`/containers/${encodeURIComponent(id)}/json`)
    return { oomKilled: State.OOMKilled, error: State.Error }
  } catch {
    return { oomKilled: false, error: '' }
  }
}
