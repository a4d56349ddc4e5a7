import type { Mount } from '../../../contract/docker.ts'
import { EngineError } from '../../../contract/errors.ts'
import { refusePropagation } from './bind-text.ts'
import type { MountRecord } from './record.ts'
import { cleanTarget } from './target.ts'

/** Reads an entry of `Mounts`, the long form. Rejects, by name, what cannot be; `Consistency` changes nothing. */
export function parseMount(mount: Mount): MountRecord {
  const { Type, Target } = mount
  if (!Target) throw invalid(mount, 'the target is missing')
  refuseForeignOptions(mount)
  const base = {
    target: cleanTarget(Target, Target),
    source: mount.Source ?? '',
    readOnly: mount.ReadOnly ?? false,
    mode: '',
  }
  if (Type === 'bind') return { ...base, type: 'bind', ...bindOptions(mount) }
  if (Type === 'volume') return { ...base, type: 'volume', ...volumeOptions(mount) }
  if (Type === 'tmpfs') return { ...base, type: 'tmpfs', options: tmpfsOptions(mount) }
  throw new EngineError(
    'NOT_SUPPORTED',
    `mounts of the type '${String(Type)}' are not supported; use bind, volume or tmpfs`,
  )
}

const OPTIONS = { bind: 'BindOptions', volume: 'VolumeOptions', tmpfs: 'TmpfsOptions' } as const

function refuseForeignOptions(mount: Mount): void {
  for (const [type, name] of Object.entries(OPTIONS)) {
    if (type !== mount.Type && mount[name]) throw invalid(mount, `${name} must not be given`)
  }
}

function bindOptions(mount: Mount): Partial<MountRecord> {
  const { Source = '', BindOptions: options } = mount
  if (!Source.startsWith('/')) {
    throw invalid(mount, Source ? `the source path must be absolute: ${Source}` : 'the source is missing')
  }
  const propagation = options?.Propagation || 'rprivate'
  if (propagation !== 'rprivate' && propagation !== 'private') refusePropagation(propagation)
  for (const name of ['NonRecursive', 'ReadOnlyNonRecursive'] as const) {
    if (!options?.[name]) continue
    throw new EngineError(
      'NOT_SUPPORTED',
      `BindOptions.${name} is not possible: what is mounted inside a folder is shared with it; leave it out`,
    )
  }
  return { mustExist: !options?.CreateMountpoint }
}

function volumeOptions(mount: Mount): Partial<MountRecord> {
  const { NoCopy, Subpath } = mount.VolumeOptions ?? {}
  if (Subpath && (Subpath.startsWith('/') || Subpath.split('/').includes('..'))) {
    throw invalid(mount, `the subpath must lie inside the volume: ${Subpath}`)
  }
  if (Subpath && !mount.Source) throw invalid(mount, 'a volume without a name has no subpath')
  return { ...(NoCopy ? { noCopy: true } : {}), ...(Subpath ? { subpath: Subpath } : {}) }
}

function tmpfsOptions(mount: Mount): string[] {
  if (mount.Source) throw invalid(mount, 'a tmpfs has no source')
  const { SizeBytes = 0, Mode, Options = [] } = mount.TmpfsOptions ?? {}
  if (SizeBytes < 0) throw invalid(mount, `a size of ${SizeBytes} bytes cannot be`)
  return [
    ...(mount.ReadOnly ? ['ro'] : []),
    ...(SizeBytes ? [`size=${SizeBytes}`] : []),
    ...(Mode === undefined ? [] : [`mode=${Mode.toString(8)}`]),
    ...(Options ?? []).map((words) => words.join('=')),
  ]
}

function invalid({ Type }: Mount, why: string): EngineError {
  return new EngineError('INVALID_ARGUMENT', `invalid mount config for type "${String(Type)}": ${why}`)
}
