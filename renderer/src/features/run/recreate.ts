import type { ContainerCreateRequest, ContainerInspect, Mount } from '../../../../contract/docker.ts'
import { volumeRow } from './model.ts'

/** What making a container anew needs of the engine. */
export interface Recreating {
  inspect(id: string): Promise<ContainerInspect>
  rename(id: string, name: string): Promise<unknown>
  stop(id: string): Promise<unknown>
  start(id: string): Promise<unknown>
  remove(id: string): Promise<unknown>
  /** Makes the one that takes its place. Answers its id. */
  create(old: ContainerInspect): Promise<string>
}

/**
 * Puts a new container in the place of an old one, which is removed once the new one runs. Where the new one cannot be
 * made or started the old one is as it was, and runs again if it ran.
 */
export async function recreate(
  { id, takesName }: { id: string; takesName: boolean },
  { inspect, rename, stop, start, remove, create }: Recreating,
): Promise<string> {
  const old = await inspect(id)
  const name = old.Name.replace(/^\//, '')
  /** In the order in which they are taken back. */
  const undo: (() => Promise<unknown>)[] = []
  try {
    if (takesName) {
      await rename(id, `${name}-replaced`)
      undo.unshift(() => rename(id, name))
    }
    const made = await create(old)
    undo.unshift(() => remove(made))
    if (old.State.Running) {
      // Its ports, and volumes that only one can have, are the new one's from here on.
      undo.push(() => start(id))
      await stop(id)
    }
    await start(made)
    undo.length = 0
    await remove(id)
    return made
  } catch (error) {
    // What went wrong first is what is told.
    for (const step of undo) await step().catch(() => {})
    throw error
  }
}

/** With the volumes without a name that the old one holds, where nothing else is mounted now. */
export function withVolumesOf(
  { HostConfig: old, Config, Mounts }: Pick<ContainerInspect, 'HostConfig' | 'Config' | 'Mounts'>,
  request: ContainerCreateRequest,
): ContainerCreateRequest {
  const host = request.HostConfig ?? {}
  const binds = (old.Binds ?? []).map(volumeRow)
  const named = new Set([
    ...binds.map(({ source }) => source),
    ...(old.Mounts ?? []).map(({ Source }) => Source),
  ])
  const own = new Set([
    ...Object.keys(Config.Volumes ?? {}).map(place),
    ...binds.map(({ target }) => place(target)),
    ...(old.Mounts ?? []).map(({ Target }) => place(Target)),
  ])
  const taken = new Set([
    ...(host.Binds ?? []).map((bind) => place(volumeRow(bind).target)),
    ...(host.Mounts ?? []).flatMap(({ Type, Source, Target }) =>
      Source || Type === 'tmpfs' ? [place(Target)] : [],
    ),
    ...Object.keys(host.Tmpfs ?? {}).map(place),
  ])
  const kept = Mounts.filter(
    ({ Type, Name, Destination }) =>
      Type === 'volume' && !named.has(Name) && own.has(Destination) && !taken.has(Destination),
  )
  if (kept.length === 0) return request
  const names = new Map(kept.map(({ Name, Destination }) => [Destination, Name]))
  // In the long form all that is said of one stays.
  const mounts = (host.Mounts ?? []).map((mount): Mount => {
    const Source = names.get(place(mount.Target))
    return Source ? { ...mount, Source } : mount
  })
  const there = new Set(mounts.map(({ Target }) => place(Target)))
  const others = kept
    .filter(({ Destination }) => !there.has(Destination))
    .map(({ Name, Destination, RW }) => ({
      Type: 'volume',
      Source: Name,
      Target: Destination,
      ReadOnly: !RW,
    }))
  return { ...request, HostConfig: { ...host, Mounts: [...mounts, ...others] } }
}

/** A mount point as the engine writes it. */
const place = (target = ''): string => target.replace(/\/+/g, '/').replace(/(?<=.)\/$/, '')
