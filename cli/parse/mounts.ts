import { resolve } from 'node:path'
import type { Mount } from '../../contract/docker.ts'
import { parseMount } from '../../contract/mount-text.ts'

/** The mounts of `-v`: what has a source, and the mount points of volumes without a name. */
export function parseVolumes(specs: string[]): { binds: string[]; volumes: Record<string, object> } {
  const binds = specs.filter((spec) => spec.includes(':')).map(fromHere)
  const bare = specs.filter((spec) => !spec.includes(':'))
  return { binds, volumes: Object.fromEntries(bare.map((path) => [path, {}])) }
}

/** A source that begins with a dot is a path, seen from here. */
function fromHere(spec: string): string {
  const at = spec.indexOf(':')
  const source = spec.slice(0, at)
  return /^\.{1,2}(\/|$)/.test(source) ? `${resolve(source)}${spec.slice(at)}` : spec
}

/** `type=bind,source=/srv,target=/data,readonly`; a source is seen from here. Throws INVALID_ARGUMENT. */
export function mountOf(spec: string): Mount {
  const mount = parseMount(spec)
  if (mount.Type === 'bind' && mount.Source) mount.Source = resolve(mount.Source)
  return mount
}
