import type { EventMessage, Filters } from '../../../contract/docker.ts'
import { EngineError } from '../../../contract/errors.ts'

type Test = (event: EventMessage, value: string) => boolean

const named =
  (type: string, key = 'name'): Test =>
  ({ Type, Actor }, value) =>
    Type === type && (Actor.ID.startsWith(value) || (Actor.Attributes[key] ?? '').startsWith(value))

/** `name` of `name:tag`; the colon of a registry's port is none. */
const withoutTag = (name: string): string => name.replace(/:[^:/]*$/, '')

const TESTS: Record<string, Test> = {
  type: ({ Type }, value) => Type === value,
  // An exec's events carry its command behind a colon.
  event: ({ Action }, value) => Action === value || Action.split(':')[0] === value,
  container: named('container'),
  image: ({ Type, Actor }, value) => {
    const name = Actor.Attributes[Type === 'image' ? 'name' : 'image']
    const names = [name, ...(Type === 'image' ? [Actor.ID] : [])].filter((each) => each !== undefined)
    return names.some((each) => each === value || withoutTag(each) === value)
  },
  network: named('network'),
  volume: named('volume'),
  daemon: named('daemon'),
  // What follows does not exist here, so that nothing passes.
  plugin: named('plugin'),
  service: named('service'),
  node: named('node'),
  secret: named('secret'),
  config: named('config'),
  scope: ({ scope }, value) => scope === value,
  label: ({ Actor }, value) => {
    const at = value.indexOf('=')
    if (at < 0) return Object.hasOwn(Actor.Attributes, value)
    return Actor.Attributes[value.slice(0, at)] === value.slice(at + 1)
  },
}

/** Whether an event passes: every filter, by any of its values; of labels, all. Rejects an unknown filter. */
export function eventFilter(filters: Filters): (event: EventMessage) => boolean {
  const wanted = Object.entries(filters).map(([name, values]) => {
    const test = Object.hasOwn(TESTS, name) ? TESTS[name] : undefined
    if (test) return { test, values, all: name === 'label' }
    throw new EngineError(
      'INVALID_ARGUMENT',
      `invalid filter '${name}'; known are ${Object.keys(TESTS).join(', ')}`,
    )
  })
  return (event) =>
    wanted.every(({ test, values, all }) =>
      all ? values.every((value) => test(event, value)) : values.some((value) => test(event, value)),
    )
}
