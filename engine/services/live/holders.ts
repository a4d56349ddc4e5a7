import { EngineError } from '../../../contract/errors.ts'
import type { ContainerRecord } from '../containers/record.ts'
import { endpointsIn } from '../networks/endpoints.ts'

/** In these every container has a network of its own. */
const BUILTIN = ['bridge', 'host', 'none']

/** Refuses, by name, what a copy of the running container could not have as well. */
export function refuseHeld(record: ContainerRecord): void {
  const { name } = record
  const held = (record.mounts ?? []).find(({ type }) => type !== 'tmpfs')
  if (held) {
    throw new EngineError(
      'NOT_SUPPORTED',
      `container ${name} cannot be frozen: it holds the ${held.type} ${held.source} at ${held.target}, which two machines would write to; run it without`,
    )
  }
  const network = endpointsIn(record).find(({ name }) => !BUILTIN.includes(name))
  if (!network) return
  throw new EngineError(
    'NOT_SUPPORTED',
    `container ${name} cannot be frozen: it is in the network ${network.name}, where a copy would have its address; disconnect it first`,
  )
}
