import type { VolumeCreateRequest } from '../../../contract/docker-volumes.ts'
import type { ContainerConfig, HostConfig } from '../../../contract/docker.ts'
import { EngineError } from '../../../contract/errors.ts'
import { parseBind } from './bind-text.ts'
import { parseMount } from './mount-object.ts'
import { inOrder, type MountRecord } from './record.ts'
import { cleanTarget } from './target.ts'

/** What a request and its image want mounted; volumes without a name still lack one. */
export interface Plan {
  mounts: MountRecord[]
  /** How volumes are to be made that are not there, by target. */
  volumes: Map<string, VolumeCreateRequest>
}

/** Rejects, by name, what cannot be. `mountsOf` answers those of another container. */
export function planMounts(
  config: ContainerConfig,
  host: HostConfig,
  mountsOf: (container: string) => MountRecord[],
): Plan {
  const volumes = new Map<string, VolumeCreateRequest>()
  const chosen = new Map<string, MountRecord>()
  for (const mount of (host.VolumesFrom ?? []).flatMap((text) => borrowed(text, mountsOf))) {
    chosen.set(mount.target, mount)
  }
  const given = new Set<string>()
  const add = (mount: MountRecord): void => {
    if (given.has(mount.target)) {
      throw new EngineError('INVALID_ARGUMENT', `Duplicate mount point: ${mount.target}`)
    }
    given.add(mount.target)
    chosen.set(mount.target, mount)
  }
  for (const text of host.Binds ?? []) {
    const mount = parseBind(text)
    add(mount)
    if (mount.type === 'volume') volumes.set(mount.target, { Driver: host.VolumeDriver || undefined })
  }
  for (const object of host.Mounts ?? []) {
    const mount = parseMount(object)
    add(mount)
    const { DriverConfig, Labels } = object.VolumeOptions ?? {}
    const { Name, Options } = DriverConfig ?? {}
    if (mount.type === 'volume') volumes.set(mount.target, { Driver: Name, DriverOpts: Options, Labels })
  }
  for (const [path, options] of Object.entries(host.Tmpfs ?? {})) add(tmpfs(path, options))
  const declared = Object.keys(config.Volumes ?? {}).map((path) => cleanTarget(path, path))
  for (const target of declared) {
    if (!chosen.has(target))
      chosen.set(target, { type: 'volume', target, source: '', readOnly: false, mode: '' })
  }
  for (const mount of chosen.values()) {
    const isIn = (path: string): boolean => `${mount.target}/`.startsWith(`${path}/`)
    if (mount.type === 'bind' && declared.some(isIn)) mount.isData = true
  }
  return { mounts: inOrder([...chosen.values()]), volumes }
}

function tmpfs(path: string, options: string): MountRecord {
  return {
    type: 'tmpfs',
    target: cleanTarget(path, path),
    source: '',
    readOnly: options.split(',').includes('ro'),
    mode: '',
    options: options ? options.split(',') : [],
    unlisted: true,
  }
}

/** `CONTAINER[:ro|rw]`: the volumes and binds of another, as they are there or read-only. */
function borrowed(text: string, mountsOf: (container: string) => MountRecord[]): MountRecord[] {
  const [name = '', mode = ''] = text.split(':')
  if (!['', 'ro', 'rw'].includes(mode)) {
    throw new EngineError('INVALID_ARGUMENT', `invalid mode: ${mode} (in '${text}'); use ro or rw`)
  }
  return mountsOf(name)
    .filter(({ type }) => type !== 'tmpfs')
    .map((mount) => ({
      ...mount,
      // It belongs to the other, and goes with that one.
      anonymous: undefined,
      readOnly: mount.readOnly || mode === 'ro',
    }))
}
