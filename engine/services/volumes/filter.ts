import type { Filters } from '../../../contract/docker.ts'
import { EngineError } from '../../../contract/errors.ts'
import { hasLabel } from '../containers/filter.ts'
import { ANONYMOUS, type VolumeRecord } from './request.ts'

/** Whether a list shows a volume. Rejects an unknown filter. */
export function passes(volume: VolumeRecord, inUse: boolean, filters: Filters): boolean {
  refuseUnknown(filters, ['name', 'label', 'driver', 'dangling'])
  const { name = [], label = [], driver = [], dangling = [] } = filters
  return (
    (name.length === 0 || name.some((each) => matches(volume.Name, each))) &&
    (driver.length === 0 || driver.includes(volume.Driver)) &&
    label.every((each) => hasLabel(volume.Labels, each)) &&
    (dangling.length === 0 || flag('dangling', dangling) === !inUse)
  )
}

/** Whether a prune takes a volume that no container uses: only one that nobody named, unless told `all`. */
export function isPruned(volume: VolumeRecord, filters: Filters): boolean {
  refuseUnknown(filters, ['label', 'label!', 'all'])
  const { label = [], 'label!': without = [], all = [] } = filters
  return (
    (ANONYMOUS in volume.Labels || (all.length > 0 && flag('all', all))) &&
    label.every((each) => hasLabel(volume.Labels, each)) &&
    !without.some((each) => hasLabel(volume.Labels, each))
  )
}

function refuseUnknown(filters: Filters, known: string[]): void {
  const unknown = Object.keys(filters).find((name) => !known.includes(name))
  if (unknown === undefined) return
  throw new EngineError('INVALID_ARGUMENT', `invalid filter '${unknown}'; known are ${known.join(', ')}`)
}

/** Docker takes names as regular expressions; one that is none is taken as plain text. */
function matches(name: string, pattern: string): boolean {
  try {
    return new RegExp(pattern).test(name)
  } catch {
    return name.includes(pattern)
  }
}

function flag(name: string, values: string[]): boolean {
  if (values.every((value) => value === 'true' || value === '1')) return true
  if (values.every((value) => value === 'false' || value === '0')) return false
  throw new EngineError(
    'INVALID_ARGUMENT',
    `invalid filter '${name}=${values.join(',')}': give true or false`,
  )
}
