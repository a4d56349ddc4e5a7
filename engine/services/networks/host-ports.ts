import type { ContainerConfig, HostConfig } from '../../../contract/docker.ts'
import { EngineError } from '../../../contract/errors.ts'
import { HOST_GATEWAY } from '../containers/options/guest-options.ts'

/** The label that names the ports of the host's loopback that a container may reach, as `5432,8080`. */
export const HOST_PORTS = 'ramet.host.ports'
const MOST = 32

interface Asked {
  config: ContainerConfig
  hostConfig: HostConfig
}

const asksForHost = ({ hostConfig }: Asked): boolean =>
  (hostConfig.ExtraHosts ?? []).some((entry) => entry.endsWith(HOST_GATEWAY))

/** The ports of the host that a container may reach: none unless it asks for the host. Rejects what are no ports. */
export function hostPorts(asked: Asked): number[] {
  const text = asked.config.Labels?.[HOST_PORTS] ?? ''
  const ports = text
    .split(',')
    .filter((each) => each.trim() !== '')
    .map(Number)
  const valid = ports.every((port) => Number.isInteger(port) && port >= 1 && port <= 65_535)
  if (!valid || ports.length > MOST) {
    throw new EngineError(
      'INVALID_ARGUMENT',
      `invalid label ${HOST_PORTS}=${text}: give up to ${MOST} ports with commas between`,
    )
  }
  return asksForHost(asked) ? ports : []
}

/** What a client should know who asks for the host without naming ports. */
export function hostPortWarnings(asked: Asked): string[] {
  if (hostPorts(asked).length > 0 || !asksForHost(asked)) return []
  return [
    `no port of the host can be reached at ${HOST_GATEWAY}: name those that are to be (--label ${HOST_PORTS}=5432,8080)`,
  ]
}
