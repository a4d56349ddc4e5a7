import type { ContainerRecord } from '../containers/record.ts'
import { storageBytes } from '../limits.ts'

/**
 * Why no waiting clone can become this container: what is fixed when QEMU starts. All else (its disk, log, networks,
 * ports, limits, mounts that are no folders) it is given when it is taken.
 */
export function misfitOf(
  { hostConfig, disk, mounts }: Pick<ContainerRecord, 'hostConfig' | 'disk' | 'mounts'>,
  isVolumeDisk: (name: string) => boolean,
): string | undefined {
  if (storageBytes(hostConfig) !== undefined) return 'its disk has a size of its own'
  if (disk?.layers.length) return 'its disk lies on one that was frozen'
  const folders = (mounts ?? []).some(
    ({ type, source }) => type === 'bind' || (type === 'volume' && !isVolumeDisk(source)),
  )
  return folders ? 'it has folders mounted' : undefined
}
