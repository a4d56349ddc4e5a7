import type { Filters } from '../../../contract/docker.ts'
import { EngineError } from '../../../contract/errors.ts'
import { hasLabel, matches } from '../containers/filter.ts'
import { isBuiltin, type NetworkRecord } from './record.ts'

type Test = (network: NetworkRecord, value: string, used: boolean) => boolean

const TESTS: Record<string, Test> = {
  name: ({ Name }, value) => matches(Name, value),
  id: ({ Id }, value) => Id.startsWith(value),
  driver: ({ Driver }, value) => Driver === value,
  scope: ({ Scope }, value) => Scope === value,
  type: (network, value) =>
    (oneOf('type', value, ['builtin', 'custom']) === 'builtin') === isBuiltin(network),
  label: ({ Labels }, value) => hasLabel(Labels, value),
  dangling: (network, value, used) =>
    ['true', '1'].includes(oneOf('dangling', value, ['true', '1', 'false', '0'])) ===
    (!used && !isBuiltin(network)),
}

function oneOf(name: string, value: string, known: string[]): string {
  if (known.includes(value)) return value
  throw new EngineError('INVALID_ARGUMENT', `invalid filter '${name}=${value}': give ${known.join(' or ')}`)
}

function refuseUnknown(filters: Filters, known: string[]): void {
  const unknown = Object.keys(filters).find((name) => !known.includes(name))
  if (unknown === undefined) return
  throw new EngineError('INVALID_ARGUMENT', `invalid filter '${unknown}'; known are ${known.join(', ')}`)
}

/** Whether a list shows a network: every filter, by any of its values; of labels, all. Rejects an unknown filter. */
export function passes(network: NetworkRecord, used: boolean, filters: Filters): boolean {
  refuseUnknown(filters, Object.keys(TESTS))
  return Object.entries(filters).every(([name, values]) => {
    const found = (value: string): boolean => TESTS[name]!(network, value, used)
    return name === 'label' ? values.every(found) : values.some(found)
  })
}

/** Whether a prune takes a network that no container is in; `until` is in unix nanoseconds. */
export function isPruned(
  network: NetworkRecord,
  { filters, until }: { filters: Filters; until?: bigint },
): boolean {
  refuseUnknown(filters, ['label', 'label!', 'until'])
  const { label = [], 'label!': without = [] } = filters
  return (
    !isBuiltin(network) &&
    label.every((wanted) => hasLabel(network.Labels, wanted)) &&
    !without.some((unwanted) => hasLabel(network.Labels, unwanted)) &&
    (until === undefined || BigInt(Date.parse(network.Created)) * 1_000_000n <= until)
  )
}
