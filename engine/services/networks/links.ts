import { EngineError } from '../../../contract/errors.ts'
import { isBuiltin, type NetworkRecord } from './record.ts'

/** What one container alone calls another in a network. */
export interface Link {
  alias: string
  /** Any name that the other has there. */
  name: string
}

const NAME = /^[\w.-]{1,253}$/

/** `NAME:ALIAS` or `NAME`; also as Docker once showed links, `/NAME:/OWNER/ALIAS`. */
export function parseLink(text: string): Link {
  const [name = '', alias = name, ...more] = text
    .split(':')
    .map((part) => part.slice(part.lastIndexOf('/') + 1))
  if (more.length === 0 && NAME.test(name) && NAME.test(alias)) {
    // Others are known by the short form of their ids.
    return { alias, name: /^[0-9a-f]{64}$/.test(name) ? name.slice(0, 12) : name }
  }
  throw new EngineError('INVALID_ARGUMENT', `invalid link '${text}': write it as CONTAINER:ALIAS`)
}

/** Rejects links that cannot be: in Docker's own networks no container reaches another. */
export function checkLinks(links: string[], network: NetworkRecord): void {
  const [first] = links.map((text) => parseLink(text))
  if (!first || !isBuiltin(network)) return
  throw new EngineError(
    'NOT_SUPPORTED',
    `Links is not supported in the network ${network.Name}, where containers do not reach each other: put both into ` +
      `a network of your own (docker network create), where ${first.name} is found by its name`,
  )
}
