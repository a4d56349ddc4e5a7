import type { Filters } from '../../../contract/docker.ts'
import { EngineError } from '../../../contract/errors.ts'
import type { Container } from './container.ts'
import { statusOf } from './record.ts'

type Test = (container: Container, value: string) => boolean

const TESTS: Record<string, Test> = {
  id: ({ id }, value) => id.startsWith(value),
  name: ({ record }, value) => matches(record.name, value) || matches(`/${record.name}`, value),
  status: (container, value) => statusOf(container.record, container.restarting) === value,
  exited: ({ record }, value) => record.phase === 'exited' && record.exitCode === Number(value),
  ancestor: ({ record }, value) =>
    record.image.reference === value ||
    record.image.id === value ||
    record.image.id.startsWith(`sha256:${value}`),
  label: ({ record }, value) => hasLabel(record.config.Labels ?? {}, value),
  volume: ({ record }, value) =>
    (record.mounts ?? []).some(({ source, target }) => source === value || target === value),
  health: (container, value) => (container.health?.Status ?? 'none') === value,
  network: ({ networks }, value) =>
    Object.entries(networks).some(([name, { NetworkID }]) => name === value || NetworkID?.startsWith(value)),
  isolation: ({ record }, value) => (record.hostConfig.Isolation || 'default') === value,
  // There are no swarm's tasks here.
  'is-task': (_container, value) => !['true', '1'].includes(value),
  expose: ({ record }, value) =>
    Object.keys(record.config.ExposedPorts ?? {}).some((port) => port === value || port === `${value}/tcp`),
  publish: ({ record }, value) =>
    record.ports.some(({ hostPort }) => String(hostPort) === value.split('/')[0]),
}

/** Docker takes names as regular expressions; one that is none is taken as plain text. */
export function matches(name: string, pattern: string): boolean {
  try {
    return new RegExp(pattern).test(name)
  } catch {
    return name.includes(pattern)
  }
}

/** `key` or `key=value`. */
export function hasLabel(labels: Record<string, string>, wanted: string): boolean {
  const at = wanted.indexOf('=')
  return at < 0 ? wanted in labels : labels[wanted.slice(0, at)] === wanted.slice(at + 1)
}

/** Whether a container passes: every filter, by any of its values; of labels, all. Rejects an unknown filter. */
export function passes(container: Container, filters: Filters): boolean {
  return Object.entries(filters).every(([name, values]) => {
    const test = TESTS[name]
    if (!test) {
      throw new EngineError(
        'INVALID_ARGUMENT',
        `invalid filter '${name}'; known are ${Object.keys(TESTS).join(', ')}, before, since`,
      )
    }
    const found = (value: string): boolean => test(container, value)
    return name === 'label' ? values.every(found) : values.some(found)
  })
}

/** Whether a prune takes a container: none that runs, or waits for its restart. Rejects an unknown filter. */
export function isPruned(
  container: Container,
  { filters, until }: { filters: Filters; until?: bigint },
): boolean {
  const { label = [], 'label!': without = [], ...unknown } = filters
  const [name] = Object.keys(unknown)
  if (name !== undefined) {
    throw new EngineError('INVALID_ARGUMENT', `invalid filter '${name}'; known are label, label!, until`)
  }
  const { record, running, restarting } = container
  const labels = record.config.Labels ?? {}
  return (
    !running &&
    !restarting &&
    label.every((wanted) => hasLabel(labels, wanted)) &&
    !without.some((unwanted) => hasLabel(labels, unwanted)) &&
    (until === undefined || BigInt(Date.parse(record.createdAt)) * 1_000_000n <= until)
  )
}
