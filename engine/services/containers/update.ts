import type { ContainerUpdateRequest, HostConfig, RestartPolicy } from '../../../contract/docker.ts'
import { EngineError } from '../../../contract/errors.ts'
import { cpusOf, guestLimits, memoryFitting, memoryOf, reservedOf, vmLimits } from '../limits.ts'
import type { VmSize } from './record.ts'

/** What of a VM can be changed, while it runs too. Without swap in the guest MemorySwap says what Memory does. */
const CHANGEABLE = [
  ...[
    'Memory',
    'MemorySwap',
    'MemoryReservation',
    'NanoCpus',
    'CpuQuota',
    'CpuPeriod',
    'CpuShares',
    'CpusetCpus',
  ],
  ...['PidsLimit', 'BlkioWeight'],
  ...['BlkioDeviceReadBps', 'BlkioDeviceWriteBps', 'BlkioDeviceReadIOps', 'BlkioDeviceWriteIOps'],
]

/** Clients send every field, empty where it is to stay as it is. */
function isEmpty(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.keys(value).length === 0
  return !value
}

/**
 * A container's settings as an update leaves them; `size` is that of its VM, where that runs. Rejects, by name, with
 * NOT_SUPPORTED what its VM cannot take, and with INVALID_ARGUMENT what makes no sense.
 */
export function updated(
  current: HostConfig,
  { RestartPolicy, ...resources }: ContainerUpdateRequest,
  size: VmSize | undefined,
): HostConfig {
  const next = { ...current }
  for (const [name, value] of Object.entries(resources)) {
    if (isEmpty(value) || value === current[name]) continue
    if (!CHANGEABLE.includes(name)) {
      throw new EngineError(
        'NOT_SUPPORTED',
        `${name} cannot be changed: the container is a VM that has no such limit; leave it out`,
      )
    }
    next[name] = value
  }
  // Of two ways to say it the later one holds.
  if (!isEmpty(resources['NanoCpus'])) delete next.CpuQuota
  else if (!isEmpty(resources['CpuQuota'])) delete next.NanoCpus
  guestLimits(next)
  reservedOf(next)
  vmLimits(next)
  if (size) mustFit(next, size)
  if (RestartPolicy?.Name) next.RestartPolicy = checked(RestartPolicy, current)
  return next
}

function mustFit(next: HostConfig, { memoryBytes, vcpus }: VmSize): void {
  const most = memoryFitting(memoryBytes)
  if (Math.max(memoryOf(next), reservedOf(next)) > most) {
    throw new EngineError(
      'NOT_SUPPORTED',
      `Memory of a running container can be at most ${Math.floor(most / 1024 ** 2)} MiB, for which its VM was started; stop it first to give it more`,
    )
  }
  const cpus = cpusOf(next)
  if (cpus !== undefined && cpus > vcpus) {
    throw new EngineError(
      'NOT_SUPPORTED',
      `a running container can use at most ${vcpus} CPUs, with which its VM was started; stop it first to give it more`,
    )
  }
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
