import { randomBytes } from 'node:crypto'
import type { Volume, VolumeCreateRequest } from '../../../contract/docker.ts'
import { EngineError } from '../../../contract/errors.ts'

/** Docker's mark on a volume that nobody named. */
export const ANONYMOUS = 'com.docker.volume.anonymous'

const VALID = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/
/** What a file system takes as the name of a folder. */
const LONGEST = 255
const MOUNT_OPTIONS = ['type', 'o', 'device', 'size']

/** What is kept of a volume; where it stands is not, so that the data folder can move. */
export type VolumeRecord = Omit<Volume, 'Mountpoint' | 'UsageData'>

/** The record that a request asks for, named if it was not. Rejects, by name, what a volume here cannot be. */
export function newVolume(request: VolumeCreateRequest): VolumeRecord {
  const name = request.Name || randomBytes(32).toString('hex')
  const driver = request.Driver || 'local'
  checkName(name)
  if (driver !== 'local') {
    throw new EngineError(
      'NOT_FOUND',
      `create ${name}: error looking up volume plugin ${driver}: plugin "${driver}" not found; use local`,
    )
  }
  if (request.ClusterVolumeSpec) {
    throw new EngineError(
      'NOT_SUPPORTED',
      `create ${name}: cluster volumes are not supported; use local ones`,
    )
  }
  for (const option of Object.keys(request.DriverOpts ?? {})) refuseOption(name, option)
  return {
    Name: name,
    Driver: driver,
    CreatedAt: new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
    Labels: { ...request.Labels, ...(request.Name ? {} : { [ANONYMOUS]: '' }) },
    Options: null,
    Scope: 'local',
  }
}

function checkName(name: string): void {
  if (VALID.test(name) && name.length <= LONGEST) return
  throw new EngineError(
    'INVALID_ARGUMENT',
    `create ${name}: "${name}" includes invalid characters for a local volume name, only ` +
      `"[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed, 2 to ${LONGEST} of them`,
  )
}

function refuseOption(name: string, option: string): never {
  if (!MOUNT_OPTIONS.includes(option)) {
    throw new EngineError('INVALID_ARGUMENT', `create ${name}: invalid option: "${option}"`)
  }
  throw new EngineError(
    'NOT_SUPPORTED',
    `create ${name}: the option '${option}' is not supported: a volume is a plain folder here; leave it out`,
  )
}
