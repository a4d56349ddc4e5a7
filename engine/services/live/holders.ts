import { EngineError } from '../../../contract/errors.ts'
import type { LiveOrigin } from '../../templates/manifest.ts'
import type { ContainerRecord } from '../containers/record.ts'
import type { MountService } from '../mounts/mounts.ts'

/**
 * Refuses, by name, what a copy of the running container could not have as well. What its processes have open of the
 * other mounts the guest looks for once they stand still.
 */
export function refuseHeld(
  { name, mounts = [] }: ContainerRecord,
  kind: LiveOrigin['kind'],
  service: Pick<MountService, 'isDisk'>,
): void {
  const disk = mounts.find((mount) => service.isDisk(mount))
  if (disk) {
    throw new EngineError(
      'NOT_SUPPORTED',
      `container ${name} cannot be frozen: it holds the volume ${disk.source} at ${disk.target}, which is a disk that only one machine can have; use a volume that can be shared, or run it without`,
    )
  }
  // Containers of a warm image get an empty one each, and their processes run already.
  const anonymous = mounts.find((mount) => mount.anonymous)
  if (anonymous && ['warm', 'healthy'].includes(kind)) {
    throw new EngineError(
      'NOT_SUPPORTED',
      `container ${name} cannot be frozen for others to start from: it holds a volume of its own at ${anonymous.target}, which they would not have; give that volume a name (-v NAME:${anonymous.target})`,
    )
  }
}
