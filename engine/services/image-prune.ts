import type { Filters } from '../../contract/docker.ts'
import { EngineError } from '../../contract/errors.ts'
import type { Image } from '../images/store.ts'
import { hasLabel } from './containers/filter.ts'

const KNOWN = ['dangling', 'label', 'label!']

/**
 * Whether an image may be pruned: without `dangling=false` only one without tags. `before` is in milliseconds since
 * 1970; an image that does not say when it was made is never older. Throws INVALID_ARGUMENT for an unknown filter.
 */
export function isPrunable(image: Image, filters: Filters, before?: number): boolean {
  for (const name of Object.keys(filters)) {
    if (KNOWN.includes(name)) continue
    throw new EngineError(
      'INVALID_ARGUMENT',
      `invalid filter '${name}'; known are ${KNOWN.join(', ')}, until`,
    )
  }
  const { dangling = [], label = [], 'label!': without = [] } = filters
  const labels = image.config.Labels ?? {}
  const onlyDangling = !dangling.some((value) => value === 'false' || value === '0')
  if (onlyDangling && image.repoTags.length > 0) return false
  if (before !== undefined && !(Date.parse(image.created) < before)) return false
  return label.every((each) => hasLabel(labels, each)) && !without.some((each) => hasLabel(labels, each))
}
