import type { ContainerUpdateRequest, HostConfig, RestartPolicy } from '../../../contract/docker.ts'
import { EngineError } from '../../../contract/errors.ts'

/** What the VM is made with at each start: only a container that does not run can be given another size. */
const SIZES = ['Memory', 'NanoCpus']

/** Clients send every field, empty where it is to stay as it is. */
function isEmpty(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.keys(value).length === 0
  return !value
}

/**
 * A container's settings as an update leaves them. Rejects, by name, with NOT_SUPPORTED what its VM cannot take, and
 * with INVALID_ARGUMENT a policy that makes no sense.
 */
export function updated(
  current: HostConfig,
  { RestartPolicy, ...resources }: ContainerUpdateRequest,
  running: boolean,
): HostConfig {
  const next = { ...current }
  for (const [name, value] of Object.entries(resources)) {
    if (isEmpty(value) || value === current[name]) continue
    if (!SIZES.includes(name)) {
      throw new EngineError(
        'NOT_SUPPORTED',
        `${name} cannot be changed: the container is a VM that has no such limit; leave it out`,
      )
    }
    if (running) {
      throw new EngineError(
        'NOT_SUPPORTED',
        `${name} of a running container cannot be changed: it is the size of its VM; stop the container first`,
      )
    }
    next[name] = value
  }
  if (RestartPolicy?.Name) next.RestartPolicy = checked(RestartPolicy, current)
  return next
}

function checked(policy: RestartPolicy, { AutoRemove }: HostConfig): RestartPolicy {
  const { Name, MaximumRetryCount = 0 } = policy
  if (MaximumRetryCount < 0 || (MaximumRetryCount > 0 && Name !== 'on-failure')) {
    throw new EngineError(
      'INVALID_ARGUMENT',
      `a maximum of ${MaximumRetryCount} restarts cannot be: give 0 or more, and only with on-failure`,
    )
  }
  if (AutoRemove && Name !== 'no') {
    throw new EngineError(
      'INVALID_ARGUMENT',
      'the container is removed at its end (--rm): it cannot be given a restart policy; create another',
    )
  }
  return { Name, MaximumRetryCount }
}
