import { join } from 'node:path'
import type { DefaultLimits } from '../../../contract/engine-settings.ts'
import type { ImageStore } from '../../images/store.ts'
import type { Hypervisor } from '../../hypervisor/virtual-machine.ts'
import type { Attachments } from '../networks/attachments.ts'
import type { EventBus } from '../events.ts'
import type { DiskLayers } from '../../templates/layers.ts'
import type { MountService } from '../mounts/mounts.ts'
import type { TemplateService } from '../templates.ts'
import type { Admission } from '../admission.ts'
import type { StandbyPool } from '../standby/pool.ts'
import type { StartLog } from './start-times.ts'

/** What containers stand on; made once, in the composition root. */
export interface ContainerContext {
  hypervisor: Hypervisor
  images: ImageStore
  templates: TemplateService
  networks: Attachments
  /** Disks that containers were frozen with. */
  layers: DiskLayers
  events: EventBus
  mounts: MountService
  starts: StartLog
  standby: StandbyPool
  admission: Admission
  /** Writable disks: `<disks>/<id>/disk.qcow2`. */
  diskDir: string
  /** Output: `<logs>/<id>/output.log`. */
  logDir: string
  /** Short folder for unix sockets. */
  socketDir: string
  /** When containers are kept warm that say nothing of it themselves: `off`, `healthy`, or `after=30s`. */
  warm: string
  /** Of containers whose request says nothing of it. */
  limits: DefaultLimits
  log(message: string): void
}

export interface ContainerPaths {
  diskFolder: string
  logFolder: string
  log: string
  agentSocket: string
  guardFile: string
  restoreSocket: string
  monitorSocket: string
}

export function pathsOf({ diskDir, logDir, socketDir }: ContainerContext, id: string): ContainerPaths {
  const diskFolder = join(diskDir, id)
  const logFolder = join(logDir, id)
  const short = id.slice(0, 12)
  return {
    diskFolder,
    logFolder,
    log: join(logFolder, 'output.log'),
    agentSocket: join(socketDir, `${short}.agent`),
    guardFile: join(socketDir, `${short}.guard`),
    restoreSocket: join(socketDir, `${short}.restore`),
    monitorSocket: join(socketDir, `${short}.monitor`),
  }
}
