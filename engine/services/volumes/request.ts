import { randomBytes } from 'node:crypto'
import type { Volume, VolumeCreateRequest } from '../../../contract/docker-volumes.ts'
import { EngineError } from '../../../contract/errors.ts'

/** Docker's mark on a volume that nobody named. */
export const ANONYMOUS = 'com.docker.volume.anonymous'

const VALID = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/
/** What a file system takes as the name of a folder. */
const LONGEST = 255
const MOUNT_OPTIONS = ['type', 'o', 'device', 'size']

/** The disk of a volume of the type disk, beside its record. */
export const DISK_NAME = 'disk.raw'
const DEFAULT_DISK = '10g'
const LEAST_DISK = 32 * 1024 ** 2
const MOST_DISK = 16 * 1024 ** 4

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
  const options = request.DriverOpts ?? {}
  const disk = options['type'] === 'disk'
  for (const option of Object.keys(options)) {
    if (!disk || !['type', 'size'].includes(option)) refuseOption(name, option, disk)
  }
  return {
    Name: name,
    Driver: driver,
    CreatedAt: new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
    Labels: { ...request.Labels, ...(request.Name ? {} : { [ANONYMOUS]: '' }) },
    Options: disk ? { type: 'disk', size: size(name, options['size'] ?? DEFAULT_DISK) } : null,
    Scope: 'local',
  }
}

/** Whether a volume is a disk for one container at a time, and no folder that several share. */
export function isDisk({ Options }: VolumeRecord): boolean {
  return Options?.['type'] === 'disk'
}

export function diskBytes({ Options }: VolumeRecord): number {
  return bytesOf(Options?.['size'] ?? '')!
}

function size(name: string, text: string): string {
  const bytes = bytesOf(text)
  if (bytes !== undefined && bytes >= LEAST_DISK && bytes <= MOST_DISK) return text
  throw new EngineError(
    'INVALID_ARGUMENT',
    `create ${name}: invalid size '${text}': write 32m to 16t, for example 10g`,
  )
}

function bytesOf(text: string): number | undefined {
  const [, number, unit = ''] = /^(\d+)([kmgt]?)b?$/i.exec(text) ?? []
  const power = ['', 'k', 'm', 'g', 't'].indexOf(unit.toLowerCase())
  return number === undefined ? undefined : Number(number) * 1024 ** power
}

function checkName(name: string): void {
  if (VALID.test(name) && name.length <= LONGEST) return
  throw new EngineError(
    'INVALID_ARGUMENT',
    `create ${name}: "${name}" includes invalid characters for a local volume name, only ` +
      `"[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed, 2 to ${LONGEST} of them`,
  )
}

function refuseOption(name: string, option: string, disk: boolean): never {
  if (!MOUNT_OPTIONS.includes(option)) {
    throw new EngineError('INVALID_ARGUMENT', `create ${name}: invalid option: "${option}"`)
  }
  throw new EngineError(
    'NOT_SUPPORTED',
    disk
      ? `create ${name}: a volume of the type disk has no option '${option}'; leave it out`
      : `create ${name}: the option '${option}' is not supported: a volume is a plain folder here; leave it out, or make it a disk with type=disk and a size`,
  )
}
